//! Draws from what a figure may be, given what was counted.

use std::f64::consts::TAU;

/// A stream of random numbers, the same for the same seed.
pub(super) struct Draws {
    state: u64,
}

impl Draws {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut draws = Self {
            state: seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03),
        };
        draws.next();
        draws
    }

    /// The next number (`SplitMix64`).
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    /// One of `0..below`, which is not 0.
    pub(super) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % below as u64).unwrap_or(0)
    }

    /// From 0 to 1, neither included.
    #[expect(clippy::cast_precision_loss, reason = "52 bits are a double's own")]
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A standard normal number (Box and Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// A gamma number of that shape, at scale 1 (Marsaglia and Tsang 2000); of shape `count + 1/2` it is what a Poisson mean may
    /// be after `count` events.
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let normal = self.normal();
            let cube = (1.0 + c * normal).powi(3);
            if cube > 0.0
                && self.uniform().ln() < 0.5 * normal * normal + d - d * cube + d * cube.ln()
            {
                return d * cube;
            }
        }
    }

    /// A share that may be after so many hits of so many (Jeffreys).
    pub(super) fn share(&mut self, hits: f64, of: f64) -> f64 {
        self.beta(hits + 0.5, of - hits + 0.5)
    }

    /// A beta number.
    pub(super) fn beta(&mut self, hits: f64, misses: f64) -> f64 {
        let (hit, miss) = (self.gamma(hits), self.gamma(misses));
        hit / (hit + miss).max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::Draws;

    fn mean(of: impl Fn(&mut Draws) -> f64) -> f64 {
        let mut draws = Draws::new(7, 3);
        (0..20_000).map(|_| of(&mut draws)).sum::<f64>() / 20_000.0
    }

    #[test]
    fn the_means_are_those_of_the_distributions() {
        let check = |found: f64, expected: f64| {
            assert!(
                (found - expected).abs() < 0.03 * expected.max(1.0),
                "{found} {expected}"
            );
        };
        check(mean(Draws::normal), 0.0);
        check(mean(|draws| draws.gamma(0.5)), 0.5);
        check(mean(|draws| draws.gamma(7.5)), 7.5);
        check(mean(|draws| draws.share(9.5, 19.0)), 0.5);
        check(mean(|draws| draws.beta(0.2, 0.6)), 0.25);
    }
}
