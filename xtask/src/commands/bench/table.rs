//! A table of figures on stdout, whose columns are as wide as they need to be.

use crate::result::print;

/// Prints rows under their headings; the first column to the left, the others to the right.
pub fn print_table(headings: &[&str], rows: &[Vec<String>]) {
    print(&table(headings, rows));
}

fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let all = || std::iter::once(&headings).chain(rows);
    let width = |column: usize| {
        all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    for row in all() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => text.push_str(&format!("{cell:<width$}")),
                _ => text.push_str(&format!("  {cell:>width$}")),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let rows = [vec!["first".to_owned(), "1.5".to_owned()], vec!["b".to_owned(), "100.25".to_owned()]];
        assert_eq!(table(&["what", "s"], &rows), "what        s\nfirst     1.5\nb      100.25\n");
    }
}
