//! Commands, their help, demo, upgrades, faults, security, privacy and telemetry.

pub mod chaos;
pub mod commands;
pub mod database_errors;
pub mod demo;
pub mod failpoints;
pub mod health;
pub mod help;
pub mod installation;
pub mod privacy;
pub mod roles;
pub mod rolling_upgrade;
pub mod security;
pub mod spans;
pub mod traces;
