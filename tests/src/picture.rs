//! Pictures of a terminal's screen.

use std::fmt::Write;

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;

fn color(color: vt100::Color) -> String {
    let name = match color {
        vt100::Color::Idx(1 | 9) => "#ff7b72",
        vt100::Color::Idx(2 | 10) => "#7ee787",
        vt100::Color::Idx(3 | 11) => "#e3b341",
        vt100::Color::Idx(4 | 12) => "#79c0ff",
        vt100::Color::Idx(5 | 13) => "#d2a8ff",
        vt100::Color::Idx(6 | 14) => "#56d4dd",
        vt100::Color::Idx(8) => "#8b949e",
        vt100::Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        _ => "#e6edf3",
    };
    name.to_owned()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The screen as SVG: text elements, one for each run of cells of one colour.
pub fn draw(screen: &vt100::Screen) -> String {
    let (rows, cols) = screen.size();
    let used = (0..rows)
        .rev()
        .find(|row| (0..cols).any(|col| screen.cell(*row, col).is_some_and(vt100::Cell::has_contents)))
        .map_or(1, |row| row + 1);
    let (width, height) = (f32::from(cols) * CELL.0 + 2.0 * MARGIN, f32::from(used) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n"
    );
    for row in 0..used {
        let mut col = 0;
        while col < cols {
            let Some(first) = screen.cell(row, col) else { break };
            let style = (first.fgcolor(), first.bold());
            let begin = col;
            let mut text = String::new();
            while let Some(cell) = screen.cell(row, col).filter(|cell| (cell.fgcolor(), cell.bold()) == style && col < cols) {
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
                col += 1;
            }
            let shown = text.trim_end();
            if shown.trim_start().is_empty() {
                continue;
            }
            let (x, y) = (MARGIN + f32::from(begin) * CELL.0, MARGIN + (f32::from(row) + 0.75) * CELL.1);
            let length = shown.chars().count() as f32 * CELL.0;
            let weight = if style.1 { " font-weight=\"bold\"" } else { "" };
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" fill=\"{}\"{weight} xml:space=\"preserve\">{}</text>",
                color(style.0),
                escape(shown)
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
