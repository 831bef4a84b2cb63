//! Answered questionnaires.

use std::path::Path;

use pointsman_measure::flow::survey::{Answer, Question};

use crate::{
    ReadError,
    csv_file::{csv_fault, csv_reader},
};

/// Reads a CSV with the columns `question`, `answer` (1 to 5; an empty one is passed over) and,
/// where there is one, `comment`.
pub fn read_answers(path: &Path) -> Result<Vec<Answer>, ReadError> {
    let mut rows = csv_reader(path)?;
    let header = rows.headers().map_err(|e| csv_fault(path, e))?.clone();
    let find = |name: &str| header.iter().position(|column| column.trim() == name);
    let needed = |name: &str| {
        let problem = format!("is missing; the file has {}", header.iter().collect::<Vec<_>>().join(", "));
        find(name).ok_or_else(|| ReadError::Column { path: path.to_owned(), column: name.into(), problem })
    };
    let (question, answer, comment) = (needed("question")?, needed("answer")?, find("comment"));
    let mut answers = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|e| csv_fault(path, e))?;
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        if cell(answer).is_empty() {
            continue;
        }
        let fault = |column: &str, problem: String| ReadError::Cell {
            path: path.to_owned(),
            line: row.position().map_or(0, csv::Position::line),
            column: column.into(),
            problem,
        };
        let asked = Question::find(cell(question))
            .ok_or_else(|| fault("question", format!("'{}' is no question of the questionnaire", cell(question))))?;
        let score = cell(answer).parse().ok().filter(|score| (1..=5).contains(score));
        let score = score.ok_or_else(|| fault("answer", format!("'{}' is not 1 to 5", cell(answer))))?;
        let comment = comment.map(cell).filter(|text| !text.is_empty()).map(Into::into);
        answers.push(Answer { question: asked, score, comment });
    }
    Ok(answers)
}
