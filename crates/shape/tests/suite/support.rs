//! What is said of the expression before the cursor of a fixture.

use expect_test::Expect;
use nival_hir::queries;
use nival_shape::{Parameter, Place, Shapes, Surroundings, Thunk, place_range};
use nival_source::SourceFile;
use nival_source::fixture::{Fixture, TestDb};
use nival_syntax::TextSize;

pub fn database(text: &str) -> (TestDb, Fixture) {
    let fixture = Fixture::parse(text);
    let db = TestDb::new(&fixture);
    Surroundings::new(&db, vec![("nixpkgs".to_owned(), "/nixpkgs".into())]);
    (db, fixture)
}

/// The expression that ends at the cursor; what is in the parentheses that do.
pub fn at_cursor<'db>(db: &'db TestDb, fixture: &Fixture) -> (SourceFile, nival_hir::module::ExprId, Thunk<'db>) {
    let (file, cursor) = fixture.cursor().expect("a cursor");
    let source = db.file(&file.path);
    let map = queries::source_map(db, source);
    let expr = if file.text[..cursor as usize].ends_with(')') {
        let end = TextSize::new(cursor - 1);
        let all = (0..queries::module(db, source).exprs.len() as u32).map(nival_hir::module::ExprId);
        all.filter(|&expr| map.expr_range(expr).end() == end).max_by_key(|&expr| map.expr_range(expr).len())
    } else {
        map.expr_at(TextSize::new(cursor - 1))
    };
    let expr = expr.expect("an expression");
    (source, expr, Shapes::new(db).expr(source, expr))
}

fn place_text(db: &TestDb, place: Place) -> String {
    let range = place_range(db, place);
    let text = place.file.contents(db).text();
    let line = text[..usize::from(range.start())].matches('\n').count() + 1;
    format!("{}:{line} {}", place.file.path(db).display(), &text[range])
}

/// The shape in a line; where the name leads to; the attributes; the parameters.
#[track_caller]
pub fn check(text: &str, expected: Expect) {
    let (db, fixture) = database(text);
    expected.assert_eq(&describe(&db, &fixture));
}

pub fn edit(db: &mut TestDb, path: &str, text: &str) {
    let mut change = nival_source::Change::new();
    change.set_buffer(path, text);
    change.apply(db);
}

/// See [`check`].
pub fn describe(db: &TestDb, fixture: &Fixture) -> String {
    let (file, expr, thunk) = at_cursor(db, fixture);
    let shapes = Shapes::new(db);
    let sure = if shapes.value(thunk).sure { "" } else { " (likely)" };
    let mut out = format!("{}{sure}\n", shapes.describe(thunk).unwrap_or_else(|| "?".to_owned()));
    if let Some(target) = shapes.target(file, expr) {
        let place = target.place.map_or_else(|| "nowhere".to_owned(), |place| place_text(db, place));
        out.push_str(&format!("→ {place}\n"));
    }
    if let Some(parameters) = shapes.parameters(thunk) {
        let shown = parameters.iter().map(|parameter| match parameter {
            Parameter::Name(name) => name.to_string(),
            Parameter::Pattern { formals, ellipsis, .. } => {
                let names: Vec<String> =
                    formals.iter().map(|f| format!("{}{}", f.name, if f.default.is_some() { "?" } else { "" })).collect();
                format!("{{{}{}}}", names.join(","), if *ellipsis { ",..." } else { "" })
            }
        });
        out.push_str(&format!("takes {}\n", shown.collect::<Vec<_>>().join(" ")));
    }
    out
}
