//! Whether the data of a JPEG's scans are complete.
//!
//! The decoder fills what a scan lacks with grey, also in its strict mode, if the file ends with an end marker. This
//! reads the codes of every scan (ITU-T T.81, annexes F and G) without computing pixels, so a scan that lacks blocks is
//! refused.

use super::Refusal;
use super::frame::{Component, Frame};
use super::huffman::{Bits, Huffman};

/// Tables and marks that scans share.
pub(super) struct Entropy {
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    /// The MCUs between two restarts; 0 for no restarts.
    restart_interval: u16,
    /// For a progressive file: the coefficients of each block that are not zero, by component.
    nonzero: [Vec<u64>; 3],
}

/// The header of a scan.
struct Scan<'a> {
    components: Vec<Selected<'a>>,
    first: u8,
    last: u8,
    refines: bool,
}

#[derive(Clone, Copy)]
struct Selected<'a> {
    place: usize,
    component: &'a Component,
    dc: usize,
    ac: usize,
}

impl Entropy {
    pub(super) fn new() -> Self {
        Self {
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            nonzero: [const { Vec::new() }; 3],
        }
    }

    /// Reads a segment with Huffman tables.
    pub(super) fn define_tables(&mut self, mut body: &[u8]) -> Result<(), Refusal> {
        while let Some((class_and_place, rest)) = body.split_first() {
            let tables = match class_and_place >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Refusal::CannotBeRead),
            };
            let table = tables.get_mut(usize::from(class_and_place & 15)).ok_or(Refusal::CannotBeRead)?;
            let (read, rest) = Huffman::read(rest)?;
            *table = Some(read);
            body = rest;
        }
        Ok(())
    }

    pub(super) fn define_restarts(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let [high, low] = *body else { return Err(Refusal::CannotBeRead) };
        self.restart_interval = u16::from_be_bytes([high, low]);
        Ok(())
    }

    /// Reads the data of a scan.
    ///
    /// # Errors
    /// If the data end before all blocks of the scan are read, or are no codes.
    pub(super) fn read_scan(&mut self, frame: &Frame, header: &[u8], data: &[u8]) -> Result<(), Refusal> {
        let scan = Scan::read(frame, header)?;
        if frame.is_progressive {
            self.reserve(frame, &scan);
        }
        let mut bits = Bits::new(data);
        let mut run = 0;
        let units = scan.units(frame);
        for unit in 0..units {
            let interval = usize::from(self.restart_interval);
            if interval > 0 && unit > 0 && unit % interval == 0 {
                bits.restart()?;
                run = 0;
            }
            for selected in &scan.components {
                for _ in 0..scan.blocks_of_a_unit(selected) {
                    self.read_block(frame, &scan, *selected, unit, &mut bits, &mut run)?;
                }
            }
        }
        Ok(())
    }

    /// Makes room for the coefficients of a scan that begins after the first one. Such a scan has one component.
    fn reserve(&mut self, frame: &Frame, scan: &Scan<'_>) {
        for selected in scan.components.iter().filter(|_| scan.first > 0) {
            self.nonzero[selected.place].resize(frame.blocks(selected.component), 0);
        }
    }

    fn read_block(
        &mut self,
        frame: &Frame,
        scan: &Scan<'_>,
        selected: Selected<'_>,
        unit: usize,
        bits: &mut Bits<'_>,
        run: &mut u32,
    ) -> Result<(), Refusal> {
        let dc = self.dc[selected.dc].as_ref();
        let ac = self.ac[selected.ac].as_ref().ok_or(Refusal::CannotBeRead);
        if !frame.is_progressive {
            read_difference(dc, bits)?;
            return read_sequential(ac?, bits);
        }
        if scan.first == 0 {
            return if scan.refines { bits.skip(1) } else { read_difference(dc, bits) };
        }
        let known = self.nonzero[selected.place].get_mut(unit).ok_or(Refusal::CannotBeRead)?;
        if scan.refines {
            refine(ac?, scan, known, bits, run)
        } else {
            read_first(ac?, scan, known, bits, run)
        }
    }
}

fn read_difference(table: Option<&Huffman>, bits: &mut Bits<'_>) -> Result<(), Refusal> {
    let length = table.ok_or(Refusal::CannotBeRead)?.symbol(bits)?;
    bits.skip(u32::from(length))
}

/// All other coefficients of a block.
fn read_sequential(table: &Huffman, bits: &mut Bits<'_>) -> Result<(), Refusal> {
    let mut at = 1;
    while at < 64 {
        let symbol = table.symbol(bits)?;
        match (symbol >> 4, symbol & 15) {
            (15, 0) => at += 16,
            (_, 0) => break,
            (zeros, length) => {
                at += u32::from(zeros) + 1;
                bits.skip(u32::from(length))?;
            }
        }
    }
    Ok(())
}

/// The number of blocks that end here, with this one.
fn end_of_blocks(exponent: u8, bits: &mut Bits<'_>) -> Result<u32, Refusal> {
    Ok((1 << exponent) + bits.read(u32::from(exponent))?)
}

/// The first scan of these coefficients.
fn read_first(
    table: &Huffman,
    scan: &Scan<'_>,
    known: &mut u64,
    bits: &mut Bits<'_>,
    run: &mut u32,
) -> Result<(), Refusal> {
    let mut at = scan.first;
    while *run == 0 && at <= scan.last {
        let symbol = table.symbol(bits)?;
        match (symbol >> 4, symbol & 15) {
            (15, 0) => at += 16,
            (exponent, 0) => *run = end_of_blocks(exponent, bits)?,
            (zeros, length) => {
                at += zeros;
                bits.skip(u32::from(length))?;
                mark(known, at)?;
                at += 1;
            }
        }
    }
    *run = run.saturating_sub(1);
    Ok(())
}

/// A later scan of these coefficients: a bit for each that is not zero, and codes for new ones.
fn refine(
    table: &Huffman,
    scan: &Scan<'_>,
    known: &mut u64,
    bits: &mut Bits<'_>,
    run: &mut u32,
) -> Result<(), Refusal> {
    let mut at = scan.first;
    while *run == 0 && at <= scan.last {
        let symbol = table.symbol(bits)?;
        let (mut zeros, length) = (symbol >> 4, symbol & 15);
        match (zeros, length) {
            (15, 0) => {}
            (exponent, 0) => {
                *run = end_of_blocks(exponent, bits)?;
                break;
            }
            (_, 1) => bits.skip(1)?,
            _ => return Err(Refusal::CannotBeRead),
        }
        while at <= scan.last {
            let is_known = *known & (1 << at) != 0;
            at += 1;
            if is_known {
                bits.skip(1)?;
            } else if zeros == 0 {
                if length == 1 {
                    mark(known, at - 1)?;
                }
                break;
            } else {
                zeros -= 1;
            }
        }
    }
    if *run > 0 {
        let rest = if at <= scan.last { (*known >> at) << at } else { 0 };
        let rest = rest & (u64::MAX >> (63 - scan.last));
        bits.skip(rest.count_ones())?;
        *run -= 1;
    }
    Ok(())
}

fn mark(known: &mut u64, at: u8) -> Result<(), Refusal> {
    *known |= 1_u64.checked_shl(u32::from(at)).ok_or(Refusal::CannotBeRead)?;
    Ok(())
}

impl<'a> Scan<'a> {
    fn read(frame: &'a Frame, header: &[u8]) -> Result<Self, Refusal> {
        let (count, rest) = header.split_first().ok_or(Refusal::CannotBeRead)?;
        let (selectors, rest) =
            rest.split_at_checked(2 * usize::from(*count)).ok_or(Refusal::CannotBeRead)?;
        let [first, last, approximation] = *rest else { return Err(Refusal::CannotBeRead) };
        let mut components = Vec::new();
        for selector in selectors.chunks_exact(2) {
            let place = frame.components.iter().position(|component| component.id == selector[0]);
            let place = place.ok_or(Refusal::CannotBeRead)?;
            let (dc, ac) = (usize::from(selector[1] >> 4), usize::from(selector[1] & 15));
            if dc > 3 || ac > 3 {
                return Err(Refusal::CannotBeRead);
            }
            components.push(Selected { place, component: &frame.components[place], dc, ac });
        }
        let of_one_kind = if first == 0 { last == 0 } else { first <= last && components.len() == 1 };
        let is_valid = (1..=3).contains(&components.len()) && last < 64;
        if !is_valid || (frame.is_progressive && !of_one_kind) {
            return Err(Refusal::CannotBeRead);
        }
        Ok(Self { components, first, last, refines: approximation >> 4 > 0 })
    }

    /// The MCUs of the scan: blocks of its only component, or groups of blocks of all.
    fn units(&self, frame: &Frame) -> usize {
        match self.components.as_slice() {
            [only] => frame.blocks(only.component),
            _ => frame.groups(),
        }
    }

    fn blocks_of_a_unit(&self, selected: &Selected<'_>) -> u32 {
        if self.components.len() == 1 { 1 } else { selected.component.across * selected.component.down }
    }
}
