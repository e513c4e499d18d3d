//! The calculation of the amount on a terminal, in the steps of a manual calculation.

use std::fmt::Write;

use crate::terminal::table;
use crate::views::format::{grouped, money};
use crate::views::person_file::claim::{MonthView, WorkingView};

/// `due` is true if the decision has an amount. The amount that a refused claim would have is shown too.
pub fn section(out: &mut String, working: &WorkingView, due: bool) {
    out.push_str("\n  Calculation (rials)\n");
    out.push_str(&months(working));
    let days = grouped(working.days);
    let required = working.required_days;
    let short = required.saturating_sub(working.days);
    let reached = if short == 0 { "reached".to_owned() } else { format!("{short} short") };
    let window = format!("{} to {}", working.window_from, working.window_to);
    line(out, "days", &format!("{days} from {window}; {required} required: {reached}"));
    let wage_sum = known(working.wage_sum_rial);
    line(out, "wage sum", &wage_sum);
    if let (Some(divisor), Some(average)) = (working.divisor, working.average_rial) {
        line(out, "average", &format!("{wage_sum} / {divisor} = {}", grouped(average)));
    }
    let floor_days = working.floor_days.map(|days| format!(" ({days} days of the minimum wage)"));
    line(out, "floor", &format!("{}{}", known(working.floor_rial), floor_days.unwrap_or_default()));
    let Some(amount) = working.amount_rial else {
        line(out, "amount", "cannot be computed");
        return;
    };
    let not_due = if due { "" } else { "; not due, see the reasons" };
    line(out, "amount", &format!("{}, the greater of average and floor{not_due}", money(amount)));
}

fn line(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "    {name:<14}{text}");
}

fn known(amount: Option<u64>) -> String {
    amount.map_or_else(|| "-".to_owned(), grouped)
}

fn months(working: &WorkingView) -> String {
    let rows: Vec<_> = working.months.iter().map(month_row).collect();
    if rows.is_empty() {
        return "    no wages are listed for the months that count\n".to_owned();
    }
    table(4, &["month", ">listed days", ">counted", ">wage", ">ceiling", ">counted wage"], &rows)
}

fn month_row(month: &MonthView) -> Vec<String> {
    let wages = month.ceiling_rial.map(|ceiling| [month.wage_rial, ceiling, month.counted_wage_rial]);
    let mut row = vec![month.month.clone(), month.days.to_string(), month.counted_days.to_string()];
    row.extend(wages.map_or_else(|| ["-", "-", "-"].map(str::to_owned), |wages| wages.map(grouped)));
    row
}
