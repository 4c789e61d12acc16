//! The squarified treemap (Bruls, Huizing, van Wijk 2000): weights to rectangles near squares.

/// A rectangle in the drawing's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    /// The rectangle less a margin, and less a band at its top.
    pub(super) fn inside(self, margin: f64, band: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin + band,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - band).max(0.0),
        }
    }
}

/// One rectangle for each weight, in their order, filling the area. Weights are positive; the
/// largest should come first.
pub(super) fn squarify(weights: &[f64], area: Rect) -> Vec<Rect> {
    let total: f64 = weights.iter().sum();
    let scale = if total > 0.0 { area.width * area.height / total } else { 0.0 };
    let areas: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
    let mut placed = Vec::with_capacity(areas.len());
    let mut free = area;
    let mut rest = areas.as_slice();
    while !rest.is_empty() {
        let (row, after) = rest.split_at(row_length(rest, free.width.min(free.height)));
        free = place(row, free, &mut placed);
        rest = after;
    }
    placed
}

/// How many areas go in a row along a side: as many as make its worst aspect ratio better.
fn row_length(areas: &[f64], side: f64) -> usize {
    let mut sum = areas[0];
    let mut worst = aspect(sum, areas[0], areas[0], side);
    for (at, &area) in areas.iter().enumerate().skip(1) {
        sum += area;
        let next = aspect(sum, areas[0], area, side);
        if next > worst {
            return at;
        }
        worst = next;
    }
    areas.len()
}

/// The worst aspect ratio of a row with this sum, largest and smallest area.
fn aspect(sum: f64, largest: f64, smallest: f64, side: f64) -> f64 {
    let thickness = sum / side;
    let ratio = |area: f64| (area / (thickness * thickness)).max(thickness * thickness / area);
    ratio(largest).max(ratio(smallest))
}

/// Places a row along the shorter side of what is free; returns what is left.
fn place(row: &[f64], free: Rect, placed: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let thickness = if side > 0.0 { sum / side } else { 0.0 };
    let mut offset = 0.0;
    for area in row {
        let length = if thickness > 0.0 { area / thickness } else { 0.0 };
        placed.push(if upright {
            Rect { x: free.x, y: free.y + offset, width: thickness, height: length }
        } else {
            Rect { x: free.x + offset, y: free.y, width: length, height: thickness }
        });
        offset += length;
    }
    if upright {
        Rect { x: free.x + thickness, width: (free.width - thickness).max(0.0), ..free }
    } else {
        Rect { y: free.y + thickness, height: (free.height - thickness).max(0.0), ..free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    /// Weights as series fall: a few large, many small.
    fn weights(count: u32) -> Vec<f64> {
        (1..=count).map(|rank| f64::from(1 + 5000 / rank)).collect()
    }

    #[test]
    fn areas_are_in_proportion_and_inside() {
        for count in [1, 2, 3, 10, 97, 400] {
            let weights = weights(count);
            let scale = AREA.width * AREA.height / weights.iter().sum::<f64>();
            let placed = squarify(&weights, AREA);
            assert_eq!(placed.len(), weights.len());
            for (rect, weight) in placed.iter().zip(&weights) {
                assert!((rect.width * rect.height - weight * scale).abs() < 1e-6);
                assert!(rect.x >= AREA.x - 1e-6 && rect.y >= AREA.y - 1e-6);
                assert!(rect.x + rect.width <= AREA.x + AREA.width + 1e-6);
                assert!(rect.y + rect.height <= AREA.y + AREA.height + 1e-6);
            }
        }
    }

    #[test]
    fn no_two_overlap() {
        let placed = squarify(&weights(60), AREA);
        let overlap = |a: f64, a_length: f64, b: f64, b_length: f64| {
            (a + a_length).min(b + b_length) - a.max(b) > 1e-6
        };
        for (at, one) in placed.iter().enumerate() {
            for other in &placed[at + 1..] {
                let both = overlap(one.x, one.width, other.x, other.width)
                    && overlap(one.y, one.height, other.y, other.height);
                assert!(!both, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn rectangles_are_near_squares() {
        for rect in squarify(&[1.0; 24], AREA) {
            let ratio = (rect.width / rect.height).max(rect.height / rect.width);
            assert!(ratio < 2.0, "{rect:?}");
        }
    }

    #[test]
    fn nothing_and_no_room_are_fine() {
        assert_eq!(squarify(&[], AREA), []);
        let flat = squarify(&[2.0, 1.0], Rect { height: 0.0, ..AREA });
        assert_eq!(flat.len(), 2);
    }
}
