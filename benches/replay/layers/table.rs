//! The table of the layers.

use super::{Costs, Step};
use crate::spread::Spread;

/// Prints what each layer costs, and which share of a bare call of so many microseconds that is.
#[expect(clippy::print_stdout, reason = "the result")]
pub(crate) fn print(costs: &Costs, bare: f64) {
    let Costs { summed, others, rounds } = costs;
    println!("layers, in process: medians of {} interleaved rounds; a bare call takes {bare:.2} us", rounds[0].len());
    println!();
    println!("{:<24} {:>6}   {:>12}   {:<24}", "", "ns", "of a bare call", "quarter to quarter");
    let row = |name: &str, without: usize, with: usize| {
        let differences = rounds[without].iter().zip(&rounds[with]).map(|(without, with)| with - without);
        let spread = Spread::of(differences);
        let (low, high) = spread.quarters;
        println!("{name:<24} {:>6.0}   {:>12.1} %   {low:.0}..{high:.0}", spread.median, spread.median / bare / 10.0);
    };
    for Step { name, without, with } in summed {
        row(name, *without, *with);
    }
    if let (Some(first), Some(last)) = (summed.first(), summed.last()) {
        row("total", first.without, last.with);
    }
    println!();
    for Step { name, without, with } in others {
        row(name, *without, *with);
    }
}
