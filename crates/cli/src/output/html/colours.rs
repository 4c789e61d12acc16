//! The page's colours as people see them, the colour-blind among them.

type Colour = [f64; 3];
type Matrix = [[f64; 3]; 3];

const STYLE: &str = include_str!("style.css");

/// Colours that stand for something, each told from the others of its group.
const GROUPS: [&[&str]; 2] = [&["application", "network", "os", "other"], &["good", "warn", "bad"]];

/// What is behind them, text and marks alike.
const BEHIND: [&str; 2] = ["page", "card"];

/// Linear light as three kinds of eyes get it that lack one kind of cone, and as others do:
/// Machado, Oliveira and Fernandes 2009, severity 1.
const EYES: [(&str, Matrix); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// Distance in Oklab; about 0.02 is the least that a person sees between fields side by side.
const APART: f64 = 0.09;

/// The least contrast of text in WCAG 2.1, level AA.
const CONTRAST: f64 = 4.5;

/// A colour of the light and of the dark page, as linear light.
fn colour(name: &str) -> [Colour; 2] {
    let (_, rest) = STYLE.split_once(&format!("--{name}: light-dark(")).expect("a colour");
    let (pair, _) = rest.split_once(')').expect("two colours");
    let (light, dark) = pair.split_once(", ").expect("two colours");
    [linear(light), linear(dark)]
}

fn linear(hex: &str) -> Colour {
    [1, 3, 5].map(|at| {
        let share = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("digits")) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &Matrix, colour: Colour) -> Colour {
    matrix.map(|row| row.iter().zip(colour).map(|(factor, part)| factor * part).sum())
}

/// Björn Ottosson's Oklab, in which distances are about what is seen.
fn oklab(colour: Colour) -> Colour {
    let cones = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    let lightness_and_hue = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];
    times(&lightness_and_hue, times(&cones, colour).map(f64::cbrt))
}

fn seen(eyes: &Matrix, colour: Colour) -> Colour {
    oklab(times(eyes, colour).map(|part| part.clamp(0.0, 1.0)))
}

fn distance(one: Colour, other: Colour) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let luminance = |[red, green, blue]: Colour| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn all_eyes_tell_the_colours_of_a_group_apart() {
    for (eyes, matrix) in &EYES {
        for group in GROUPS {
            for (at, one) in group.iter().enumerate() {
                for other in &group[..at] {
                    let pairs = colour(one).into_iter().zip(colour(other));
                    for (theme, (a, b)) in ["light", "dark"].iter().zip(pairs) {
                        let apart = distance(seen(matrix, a), seen(matrix, b));
                        assert!(apart >= APART, "{one}, {other}: {apart:.3} {theme}, {eyes}");
                    }
                }
            }
        }
    }
}

#[test]
fn whatever_stands_for_something_can_be_read_as_text() {
    for name in GROUPS.concat() {
        for behind in BEHIND {
            for (one, other) in colour(name).into_iter().zip(colour(behind)) {
                let contrast = contrast(one, other);
                assert!(contrast >= CONTRAST, "{name} on {behind}: {contrast:.2}");
            }
        }
    }
}
