//! The frame header of a JPEG.

use super::{Limits, Refusal};

/// The side of a block.
const BLOCK: u32 = 8;

pub(super) struct Frame {
    pub width: u32,
    pub height: u32,
    pub is_progressive: bool,
    /// One (grey) or three.
    pub components: Vec<Component>,
}

/// A colour, with its sampling factors.
pub(super) struct Component {
    pub id: u8,
    pub across: u32,
    pub down: u32,
}

impl Frame {
    pub fn read(body: &[u8], is_progressive: bool, limits: &Limits) -> Result<Self, Refusal> {
        let (head, rest) = body.split_first_chunk::<6>().ok_or(Refusal::CannotBeRead)?;
        let [8, height_high, height_low, width_high, width_low, count] = *head else {
            return Err(Refusal::CannotBeRead);
        };
        let height = u32::from(u16::from_be_bytes([height_high, height_low]));
        let width = u32::from(u16::from_be_bytes([width_high, width_low]));
        limits.check_size(width, height)?;
        match count {
            1 | 3 => {}
            4 => return Err(Refusal::Cmyk),
            _ => return Err(Refusal::CannotBeRead),
        }
        let components: Vec<_> = rest.chunks_exact(3).map(Component::read).collect::<Result<_, _>>()?;
        if rest.len() != 3 * usize::from(count) {
            return Err(Refusal::CannotBeRead);
        }
        Ok(Self { width, height, is_progressive, components })
    }

    /// The groups of blocks of a scan with several components.
    pub fn groups(&self) -> usize {
        let (across, down) = self.most();
        count(self.width.div_ceil(BLOCK * across), self.height.div_ceil(BLOCK * down))
    }

    /// The blocks of a scan with this component alone.
    pub fn blocks(&self, component: &Component) -> usize {
        let (across, down) = self.most();
        let width = (self.width * component.across).div_ceil(across);
        let height = (self.height * component.down).div_ceil(down);
        count(width.div_ceil(BLOCK), height.div_ceil(BLOCK))
    }

    fn most(&self) -> (u32, u32) {
        let across = self.components.iter().map(|component| component.across).max();
        let down = self.components.iter().map(|component| component.down).max();
        (across.unwrap_or(1), down.unwrap_or(1))
    }
}

fn count(columns: u32, rows: u32) -> usize {
    usize::try_from(u64::from(columns) * u64::from(rows)).unwrap_or(usize::MAX)
}

impl Component {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let [id, sampling, _] = *bytes else { return Err(Refusal::CannotBeRead) };
        let (across, down) = (u32::from(sampling >> 4), u32::from(sampling & 15));
        let is_valid = (1..=4).contains(&across) && (1..=4).contains(&down);
        if is_valid { Ok(Self { id, across, down }) } else { Err(Refusal::CannotBeRead) }
    }
}
