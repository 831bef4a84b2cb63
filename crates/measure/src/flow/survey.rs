//! Questions to reps, whose answers stand beside the numbers that ask the same.

use serde::Serialize;

/// What reps are asked; each has a figure of the analysis as its counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// "Leads reach me fast enough to win them." Beside: median time to the first touch.
    FastEnough,
    /// "No lead that I know of was forgotten." Beside: share never touched.
    NobodyForgotten,
    /// "The leads I get are right for me." Beside: share handed off.
    RightForMe,
    /// "Leads come to me once and stay." Beside: share of ping-pong.
    ComesOnce,
    /// "I do each step once." Beside: share of leads with a repeated step.
    NoRework,
    /// "Work is spread fairly." Beside: Gini of leads.
    FairlySpread,
    /// "What I need to know about a lead is there." Beside: filled attributes.
    Complete,
}

impl Question {
    pub const ALL: [Self; 7] = [
        Self::FastEnough,
        Self::NobodyForgotten,
        Self::RightForMe,
        Self::ComesOnce,
        Self::NoRework,
        Self::FairlySpread,
        Self::Complete,
    ];

    /// The name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::FastEnough => "fast_enough",
            Self::NobodyForgotten => "nobody_forgotten",
            Self::RightForMe => "right_for_me",
            Self::ComesOnce => "comes_once",
            Self::NoRework => "no_rework",
            Self::FairlySpread => "fairly_spread",
            Self::Complete => "complete",
        }
    }

    pub fn find(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.key() == key)
    }
}

/// One answer: 1 (not at all) to 5 (entirely).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub question: Question,
    pub score: u8,
    pub comment: Option<Box<str>>,
}

/// All answers to one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    pub question: Question,
    pub n: u64,
    pub mean: Option<f64>,
    /// How many gave 1, 2, 3, 4, 5.
    pub scores: [u64; 5],
    pub comments: Vec<Box<str>>,
}

/// Every question with its answers, those without any included.
pub fn tally(answers: &[Answer]) -> Vec<Answered> {
    let of = |question: Question| {
        let given: Vec<&Answer> = answers.iter().filter(|answer| answer.question == question).collect();
        let mut scores = [0; 5];
        for answer in &given {
            scores[usize::from(answer.score.clamp(1, 5)) - 1] += 1;
        }
        let sum: u64 = scores.iter().zip(1..).map(|(n, score)| n * score).sum();
        Answered {
            question,
            n: given.len() as u64,
            mean: (!given.is_empty()).then(|| sum as f64 / given.len() as f64),
            scores,
            comments: given.iter().filter_map(|answer| answer.comment.clone()).collect(),
        }
    };
    Question::ALL.into_iter().map(of).collect()
}
