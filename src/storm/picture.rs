//! The answers over time, drawn: on a ground of its own, so that it can be read wherever it is shown, and with the reader's fonts.

use anyhow::anyhow;
use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, IntoDrawingArea as _, LineSeries, PathElement, RGBColor, SVGBackend,
    SeriesLabelPosition, WHITE,
};

use super::outcome::Outcome;
use crate::cli::storm::{Storm, Variant};

const SIZE: (u32, u32) = (960, 540);
const FONT: &str = "sans-serif";

/// Draws every variant as a line.
pub(super) fn draw(storm: &Storm, outcomes: &[Outcome]) -> anyhow::Result<String> {
    let mut svg = String::new();
    lines(storm, outcomes, &mut svg).map_err(|error| anyhow!("the picture cannot be drawn: {error}"))?;
    Ok(svg)
}

fn lines(storm: &Storm, outcomes: &[Outcome], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{} sessions of {} tabs come back at once", storm.sessions, storm.tabs);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 22))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..f64::from(storm.minutes), 0.0..100.0)?;
    chart
        .configure_mesh()
        .x_desc("minutes from the first drop")
        .y_desc("% of sessions with a decision")
        .label_style((FONT, 15))
        .light_line_style(WHITE)
        .draw()?;
    for outcome in outcomes {
        let style = colour(outcome.variant).stroke_width(3);
        chart
            .draw_series(LineSeries::new(line(outcome), style))?
            .label(outcome.variant.name())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 24, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .label_font((FONT, 15))
        .background_style(WHITE)
        .border_style(BLACK)
        .legend_area_size(30)
        .draw()?;
    area.present()?;
    Ok(())
}

/// The share answered by the end of each second, in minutes and per cent.
fn line(outcome: &Outcome) -> impl Iterator<Item = (f64, f64)> {
    let sessions = f64::from(outcome.sessions().max(1));
    let by_second = outcome.counts.answered.iter().scan(0, |sum, answered| {
        *sum += answered;
        Some(*sum)
    });
    let seconds = (1_u32..).map(|second| f64::from(second) / 60.0);
    std::iter::once((0.0, 0.0)).chain(seconds.zip(by_second.map(move |sum| f64::from(sum) / sessions * 100.0)))
}

/// Colours that differ in lightness too (Okabe and Ito's).
fn colour(variant: Variant) -> RGBColor {
    match variant {
        Variant::NoCoalescing => RGBColor(213, 94, 0),
        Variant::Guide => RGBColor(204, 121, 167),
        Variant::Ours => RGBColor(0, 114, 178),
        Variant::OursWithMirror => RGBColor(0, 158, 115),
    }
}
