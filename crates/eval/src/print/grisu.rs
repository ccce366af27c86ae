//! Digits of a float for JSON: the algorithm Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately
//! with Integers", 2010).
//!
//! The digits always read back as the same number, but once in a thousand there are one or two more of them than
//! needed. What Nix hashes contains exactly those, so that the shortest digits will not do.

/// `f × 2^e`.
#[derive(Clone, Copy)]
struct Wide {
    f: u64,
    e: i32,
}

impl Wide {
    fn normalized(self) -> Wide {
        let shift = self.f.leading_zeros();
        Wide { f: self.f << shift, e: self.e - shift as i32 }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Wide) -> Wide {
        let product = u128::from(self.f) * u128::from(other.f) + (1 << 63);
        Wide { f: (product >> 64) as u64, e: self.e + other.e + 64 }
    }
}

const FIRST_POWER: i32 = -300;
const STEP: i32 = 8;

/// `10^(FIRST_POWER + i × STEP)`, rounded to 64 bits.
#[rustfmt::skip]
const POWERS: [(u64, i32); 79] = [
    (0xab70fe17c79ac6ca, -1060), (0xff77b1fcbebcdc4f, -1034), (0xbe5691ef416bd60c, -1007), (0x8dd01fad907ffc3c, -980),
    (0xd3515c2831559a83, -954), (0x9d71ac8fada6c9b5, -927), (0xea9c227723ee8bcb, -901), (0xaecc49914078536d, -874),
    (0x823c12795db6ce57, -847), (0xc21094364dfb5637, -821), (0x9096ea6f3848984f, -794), (0xd77485cb25823ac7, -768),
    (0xa086cfcd97bf97f4, -741), (0xef340a98172aace5, -715), (0xb23867fb2a35b28e, -688), (0x84c8d4dfd2c63f3b, -661),
    (0xc5dd44271ad3cdba, -635), (0x936b9fcebb25c996, -608), (0xdbac6c247d62a584, -582), (0xa3ab66580d5fdaf6, -555),
    (0xf3e2f893dec3f126, -529), (0xb5b5ada8aaff80b8, -502), (0x87625f056c7c4a8b, -475), (0xc9bcff6034c13053, -449),
    (0x964e858c91ba2655, -422), (0xdff9772470297ebd, -396), (0xa6dfbd9fb8e5b88f, -369), (0xf8a95fcf88747d94, -343),
    (0xb94470938fa89bcf, -316), (0x8a08f0f8bf0f156b, -289), (0xcdb02555653131b6, -263), (0x993fe2c6d07b7fac, -236),
    (0xe45c10c42a2b3b06, -210), (0xaa242499697392d3, -183), (0xfd87b5f28300ca0e, -157), (0xbce5086492111aeb, -130),
    (0x8cbccc096f5088cc, -103), (0xd1b71758e219652c, -77), (0x9c40000000000000, -50), (0xe8d4a51000000000, -24),
    (0xad78ebc5ac620000, 3), (0x813f3978f8940984, 30), (0xc097ce7bc90715b3, 56), (0x8f7e32ce7bea5c70, 83),
    (0xd5d238a4abe98068, 109), (0x9f4f2726179a2245, 136), (0xed63a231d4c4fb27, 162), (0xb0de65388cc8ada8, 189),
    (0x83c7088e1aab65db, 216), (0xc45d1df942711d9a, 242), (0x924d692ca61be758, 269), (0xda01ee641a708dea, 295),
    (0xa26da3999aef774a, 322), (0xf209787bb47d6b85, 348), (0xb454e4a179dd1877, 375), (0x865b86925b9bc5c2, 402),
    (0xc83553c5c8965d3d, 428), (0x952ab45cfa97a0b3, 455), (0xde469fbd99a05fe3, 481), (0xa59bc234db398c25, 508),
    (0xf6c69a72a3989f5c, 534), (0xb7dcbf5354e9bece, 561), (0x88fcf317f22241e2, 588), (0xcc20ce9bd35c78a5, 614),
    (0x98165af37b2153df, 641), (0xe2a0b5dc971f303a, 667), (0xa8d9d1535ce3b396, 694), (0xfb9b7cd9a4a7443c, 720),
    (0xbb764c4ca7a44410, 747), (0x8bab8eefb6409c1a, 774), (0xd01fef10a657842c, 800), (0x9b10a4e5e9913129, 827),
    (0xe7109bfba19c0c9d, 853), (0xac2820d9623bf429, 880), (0x80444b5e7aa7cf85, 907), (0xbf21e44003acdd2d, 933),
    (0x8e679c2f5e44ff8f, 960), (0xd433179d9c8cb841, 986), (0x9e19db92b4e31ba9, 1013),
];

/// A power of ten that brings a number of the binary exponent `e` to one between -60 and -32, and its decimal exponent.
fn power_for(e: i32) -> (Wide, i32) {
    let f = -60 - e - 1;
    let k = f * 78913 / (1 << 18) + i32::from(f > 0);
    let index = ((k - FIRST_POWER + STEP - 1) / STEP).clamp(0, POWERS.len() as i32 - 1);
    let (f, e) = POWERS[index as usize];
    (Wide { f, e }, FIRST_POWER + index * STEP)
}

/// Decimal digits of a positive finite number, and the exponent of the last one.
pub(super) fn digits(value: f64) -> (Vec<u8>, i32) {
    const HIDDEN: u64 = 1 << 52;
    let bits = value.to_bits();
    let (fraction, exponent) = (bits & (HIDDEN - 1), (bits >> 52) as i32 & 0x7ff);
    let v = match exponent {
        0 => Wide { f: fraction, e: 1 - 1075 },
        _ => Wide { f: fraction + HIDDEN, e: exponent - 1075 },
    };
    // Halfway to the neighbours; below a power of two the lower one is nearer.
    let upper = Wide { f: 2 * v.f + 1, e: v.e - 1 }.normalized();
    let lower = if fraction == 0 && exponent > 1 { Wide { f: 4 * v.f - 1, e: v.e - 2 } } else { Wide { f: 2 * v.f - 1, e: v.e - 1 } };
    let lower = Wide { f: lower.f << (lower.e - upper.e), e: upper.e };

    let (power, k) = power_for(upper.e);
    let w = v.normalized().times(power);
    let (low, high) = (lower.times(power).f + 1, upper.times(power));
    generate(low, w.f, Wide { f: high.f - 1, e: high.e }, -k)
}

fn generate(low: u64, w: u64, high: Wide, mut exponent: i32) -> (Vec<u8>, i32) {
    let (mut delta, mut distance) = (high.f - low, high.f - w);
    let shift = -high.e as u32;
    let one = 1u64 << shift;
    let (mut whole, mut rest) = (high.f >> shift, high.f & (one - 1));
    let mut out = Vec::with_capacity(17);

    let mut left = whole.max(1).ilog10() + 1;
    while left > 0 {
        left -= 1;
        let unit = 10u64.pow(left);
        out.push((whole / unit) as u8);
        whole %= unit;
        let remaining = (whole << shift) + rest;
        if remaining <= delta {
            exponent += left as i32;
            round(&mut out, distance, delta, remaining, unit << shift);
            return (out, exponent);
        }
    }
    loop {
        rest *= 10;
        delta *= 10;
        distance *= 10;
        out.push((rest >> shift) as u8);
        rest &= one - 1;
        exponent -= 1;
        if rest <= delta {
            round(&mut out, distance, delta, rest, one);
            return (out, exponent);
        }
    }
}

/// Makes the last digit smaller while that comes closer to the number.
fn round(out: &mut [u8], distance: u64, delta: u64, mut rest: u64, unit: u64) {
    let Some(last) = out.last_mut() else { return };
    while rest < distance && delta - rest >= unit && (rest + unit < distance || distance - rest > rest + unit - distance) {
        *last -= 1;
        rest += unit;
    }
}
