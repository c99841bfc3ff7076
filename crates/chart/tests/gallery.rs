//! Every kind of chart once, as a page: what must hold for all of them, and what one of each looks like.
//!
//! `EARNEST_GALLERY=gallery.html cargo test -p earnest-chart --test gallery` writes the page, to be looked at.

use earnest_chart::{
    Band, BarForm, Bars, CSS, Caption, Chart, Day, Detail, Dot, HeatMap, Lane, Layer, Lines, Mark,
    Room, Scatter, Series, Size, Span, SpanKind, Spans, Stack, StackForm, Unit, figure,
    figure_within,
};

const START: Day = Day(16_436);

fn lines() -> Lines {
    let series = |name: &str, base: f64, swing: f64| Series {
        name: name.to_owned(),
        points: (0..40)
            .map(|week| {
                let value = base + swing * (f64::from(week) / 4.0).sin();
                (START.plus(week * 7), (week % 17 != 9).then_some(value))
            })
            .collect(),
    };
    Lines {
        caption: Caption::new(
            "Response rate",
            "Answered in time of those sent, by the week of the send.",
        ),
        axis: "response rate".to_owned(),
        unit: Unit::Percent,
        series: vec![
            series("inmail-2013", 14.0, 5.0),
            series("inmail-2015", 24.0, 4.0),
            series("recruiter-2024", 27.0, 2.0),
            series("inmail-thread", 19.0, 3.0),
        ],
        threshold: Some(Mark {
            value: 13.0,
            label: "threshold 13 %".to_owned(),
        }),
        band: Some(Band {
            low: 20.0,
            high: 30.0,
            label: "good: 20 to 30 %".to_owned(),
        }),
    }
}

fn stack(form: StackForm) -> Stack {
    let layer = |name: &str, size: f64| Layer {
        name: name.to_owned(),
        values: (0..26)
            .map(|week| size * (1.0 + (f64::from(week) / 3.0).cos() / 2.0))
            .map(f64::round)
            .collect(),
    };
    Stack {
        caption: Caption::new("Credits", "What became of the credits staked in each week."),
        axis: "credits".to_owned(),
        unit: Unit::Count,
        form,
        days: (0..26).map(|week| START.plus(week * 7)).collect(),
        step: 7,
        layers: vec![
            layer("returned", 2_400.0),
            layer("consumed", 5_100.0),
            layer("still held", 300.0),
        ],
    }
}

fn bars(form: BarForm) -> Bars {
    let layer = |name: &str, at: f64| Layer {
        name: name.to_owned(),
        values: (0..12)
            .map(|bin| (400.0 * (-(f64::from(bin) - at).powi(2) / 8.0).exp()).round())
            .collect(),
    };
    Bars {
        caption: Caption::new(
            "Senders by response rate",
            "How many senders had which rate.",
        ),
        axis: "senders".to_owned(),
        category: "response rate".to_owned(),
        unit: Unit::Count,
        form,
        categories: (0..12)
            .map(|bin| format!("{}-{} %", bin * 5, bin * 5 + 5))
            .collect(),
        series: vec![layer("inmail-2013", 3.0), layer("inmail-2015", 5.0)],
        mark: Some((3, "13 %".to_owned())),
    }
}

fn heat() -> HeatMap {
    HeatMap {
        caption: Caption::new(
            "Unanswered messages avoided",
            "By threshold and by how many must be sent.",
        ),
        column: "gate.response_rate_min".to_owned(),
        row: "gate.sent_min".to_owned(),
        unit: Unit::Percent,
        columns: (5..17).map(|rate| format!("{rate} %")).collect(),
        rows: (1..7).map(|sent| (sent * 25).to_string()).collect(),
        cells: (1..7)
            .map(|sent| {
                (5..17)
                    .map(|rate| {
                        (rate + sent != 9).then(|| f64::from(rate * rate) / f64::from(sent) / 4.0)
                    })
                    .collect()
            })
            .collect(),
    }
}

fn scatter() -> Scatter {
    let dots = (0..60).map(|at| {
        let x = f64::from(at * 7 % 60) / 10.0;
        let y = (x * 20.0).sqrt() - f64::from(at % 5);
        Dot {
            name: format!("variant {at}"),
            x,
            y: y.max(0.0),
            frontier: at % 5 == 0,
            named: at == 15,
        }
    });
    Scatter {
        caption: Caption::new("What is won and what is lost", "Each dot is a policy."),
        x: "answered messages lost".to_owned(),
        x_unit: Unit::Percent,
        y: "unanswered messages avoided".to_owned(),
        y_unit: Unit::Percent,
        thing: "policy".to_owned(),
        dots: dots.collect(),
        frontier: Some("on the frontier".to_owned()),
    }
}

fn spans() -> Spans {
    let lane = |at: i32| Lane {
        name: format!("seat-{at} of a contract with a long name"),
        spans: vec![
            Span {
                from: START.plus(14 * at),
                to: START.plus(14 * at + 14),
                kind: SpanKind::Warned,
            },
            Span {
                from: START.plus(14 * at + 21),
                to: START.plus(14 * at + 35 + at * 14),
                kind: SpanKind::Restricted,
            },
        ],
    };
    Spans {
        caption: Caption::new(
            "Who was warned and restricted",
            "The ten that were restricted longest.",
        ),
        lane: "seat".to_owned(),
        days: (START, START.plus(365)),
        lanes: (0..10).map(lane).collect(),
    }
}

fn all() -> Vec<(&'static str, Box<dyn Chart>)> {
    vec![
        ("lines", Box::new(lines())),
        ("bars-over-days", Box::new(stack(StackForm::Bars))),
        ("area", Box::new(stack(StackForm::Area))),
        ("bars", Box::new(bars(BarForm::Grouped))),
        ("stacked-bars", Box::new(bars(BarForm::Stacked))),
        ("heat", Box::new(heat())),
        ("scatter", Box::new(scatter())),
        ("spans", Box::new(spans())),
    ]
}

fn page() -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Charts</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <style>body{{font:15px system-ui;margin:1rem auto;padding:0 1rem;max-width:52rem;background:var(--chart-paper)}}\
         {CSS}</style>"
    );
    for (id, chart) in all() {
        page.push_str(&figure(&*chart, id));
    }
    page
}

#[test]
fn the_same_charts_give_the_same_page() {
    let page = page();
    assert_eq!(page, self::page());
    if let Some(path) = std::env::var_os("EARNEST_GALLERY") {
        std::fs::write(path, page).unwrap();
    }
}

#[test]
fn no_picture_has_a_style_a_colour_or_a_script() {
    for (id, chart) in all() {
        let html = figure(&*chart, id);
        for word in [
            "style=",
            "<style",
            "<script",
            "fill=\"",
            "stroke=\"",
            "rgb(",
            "#",
            "NaN",
            "inf",
        ] {
            assert!(!html.contains(word), "{id} has {word}");
        }
        assert!(html.contains("viewBox=\"0 0 720 ") && !html.contains("<svg width"));
    }
}

#[test]
fn every_picture_names_and_describes_itself_by_ids_of_its_own() {
    let page = page();
    for (id, chart) in all() {
        for letter in ['w', 'm', 'n'] {
            assert!(page.contains(&format!(
                "aria-labelledby=\"{id}-{letter}t {id}-{letter}d\""
            )));
            let title = format!(
                "<title id=\"{id}-{letter}t\">{}</title>",
                chart.caption().title
            );
            assert_eq!(page.matches(&title).count(), 1);
            assert_eq!(
                page.matches(&format!("<desc id=\"{id}-{letter}d\">"))
                    .count(),
                1
            );
        }
    }
}

#[test]
fn every_figure_that_is_drawn_stands_in_the_table() {
    let table = lines().table();
    assert_eq!(table.rows.len(), 40);
    assert_eq!(
        table.head,
        [
            "day",
            "inmail-2013",
            "inmail-2015",
            "recruiter-2024",
            "inmail-thread"
        ]
    );
    assert_eq!(
        table.rows[0],
        ["2015-01-01", "14.0 %", "24.0 %", "27.0 %", "19.0 %"]
    );
    assert_eq!(table.rows[9][1], "-");
    let table = heat().table();
    assert_eq!(table.rows[0][0], "25");
    assert_eq!(table.rows[0][1], "6.2 %");
    assert_eq!(table.rows[0][4], "-");
    assert_eq!(spans().table().rows.len(), 20);
    assert_eq!(scatter().table().rows.len(), 60);
}

#[test]
fn a_name_from_outside_cannot_become_markup() {
    let mut lines = lines();
    lines.series[0].name = "<script>alert(1)</script>".to_owned();
    lines.caption.about = "\" onload=\"x".to_owned();
    lines.threshold.as_mut().unwrap().label = "<b>".to_owned();
    let html = figure(&lines, "a\"><b>");
    assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("\" onload"));
}

#[test]
fn nothing_to_draw_is_said_and_nonsense_is_not_drawn() {
    let empty = Lines {
        series: Vec::new(),
        ..lines()
    };
    assert!(figure(&empty, "x").contains("too little here to draw"));
    let mut odd = lines();
    odd.series[0].points = vec![
        (START, Some(f64::NAN)),
        (START.plus(7), Some(f64::INFINITY)),
        (START.plus(14), None),
    ];
    let svg = odd.svg(Size::Wide, Detail::Full, "x");
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    // Of the first series nothing is left to draw.
    assert!(!svg.contains("class=\"line-1\""));
    let stack = Stack {
        layers: Vec::new(),
        days: Vec::new(),
        ..stack(StackForm::Bars)
    };
    assert!(
        stack.is_empty()
            && stack
                .svg(Size::Narrow, Detail::Full, "x")
                .contains("</svg>")
    );
    let heat = HeatMap {
        cells: Vec::new(),
        ..heat()
    };
    assert!(heat.is_empty() && heat.svg(Size::Narrow, Detail::Full, "x").contains("</svg>"));
}

#[test]
fn a_picture_in_brief_has_the_same_bars_and_says_nothing_when_pointed_at() {
    let stack = stack(StackForm::Bars);
    let full = stack.svg(Size::Wide, Detail::Full, "x");
    let brief = stack.svg(Size::Wide, Detail::Brief, "x");
    assert!(full.contains("</title></rect>") && !brief.contains("</title></"));
    let bars = |class: &str| full.matches(&format!("<rect class=\"{class}\"")).count();
    for class in ["fill-1", "fill-2"] {
        let (_, rest) = brief
            .split_once(&format!("<path class=\"{class}\" d=\""))
            .unwrap();
        let path = rest.split('"').next().unwrap();
        assert_eq!(path.matches('z').count(), bars(class));
        assert!(bars(class) > 2);
    }
    assert!(
        brief.len() * 2 < full.len(),
        "{} {}",
        brief.len(),
        full.len()
    );
    let lines = lines().svg(Size::Wide, Detail::Brief, "x");
    assert!(!lines.contains("class=\"hit-") && lines.contains("class=\"line-1\""));
}

#[test]
fn a_figure_gives_way_step_by_step() {
    let lines = lines();
    let of = |room| figure_within(&lines, "x", room);
    let [whole, scant, small, least] = [
        Room::Ample,
        Room::Scant,
        Room::Small,
        Room::Least("elsewhere"),
    ]
    .map(of);
    assert_eq!(whole, figure(&lines, "x"));
    assert!(whole.len() > scant.len() && scant.len() > small.len() && small.len() > least.len());
    assert!(scant.contains("chart-wide") && !small.contains("chart-wide"));
    assert!(small.contains("<table") && !least.contains("<table") && least.contains("elsewhere"));
}

#[test]
fn a_gap_breaks_the_line() {
    let svg = lines().svg(Size::Wide, Detail::Full, "x");
    // Weeks 9 and 26 are missing: three stretches for each of four series.
    assert_eq!(svg.matches("<path class=\"line-").count(), 12);
}

#[test]
fn a_picture_is_written_so() {
    let small = Lines {
        series: vec![Series {
            name: "one".to_owned(),
            points: vec![(START, Some(10.0)), (START.plus(7), Some(20.0))],
        }],
        band: None,
        ..lines()
    };
    insta::assert_snapshot!(small.svg(Size::Narrow, Detail::Full, "x"));
}
