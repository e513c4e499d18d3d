//! Figures over everything: for status, report and metrics.
