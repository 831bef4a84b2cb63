//! What a card says in a terminal.

use pointsman_scoring::{LayerTrial, card::Limit};

use crate::output::{self, word};

/// The layers that were tried, with what each gained.
pub fn trials(layers: &[LayerTrial]) -> String {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.5}"));
    let row = |t: &LayerTrial| vec![word(&t.layer), word(&t.verdict), number(t.gain), number(t.standard_error)];
    let rows: Vec<Vec<String>> = layers.iter().map(row).collect();
    output::table(&["layer", "verdict", "gain", "± SE"], &rows)
}

/// What the card warns of, as a sentence.
pub fn limit(limit: &Limit) -> String {
    match limit {
        Limit::NoRepSignal => "no rep layer earned its place: the model tells leads apart, not reps".into(),
        Limit::NoSignal => "there is no signal in these features: the base rate is used".into(),
        Limit::FewRows { rows } => format!("only {rows} rows: expect wide intervals"),
        Limit::NoPropensities => {
            "past choices were not drawn with a logged probability, so what the model learned of reps is observational"
                .into()
        }
        Limit::ConstantColumn { name } => format!("'{name}' has one value only"),
        Limit::Drift { name, stability_index } => {
            format!("'{name}' moved between the older and the newer half (PSI {stability_index:.2})")
        }
        Limit::ThinReps { reps } => {
            format!("{reps} reps have fewer than 20 leads: their scores are mostly the average")
        }
    }
}
