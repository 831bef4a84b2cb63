//! The methods, one a module. Every function takes sufficient statistics (or, for methods of
//! ranks and rows, slices), and returns numbers or a named [`Undefined`](crate::Undefined).

pub mod adaptive;
pub mod bandit;
pub mod bayes;
pub mod bootstrap;
pub mod cluster;
pub mod contingency;
pub mod cuped;
pub mod effect;
pub mod group_sequential;
pub mod heterogeneity;
pub mod lift;
pub mod mann_whitney;
pub mod matrix;
pub mod multiplicity;
pub mod non_inferiority;
pub mod paired;
pub mod post_stratification;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod regression;
pub mod score;
pub mod sequential;
pub mod srm;
pub mod survival;
pub mod switchback;
pub mod winsor;
