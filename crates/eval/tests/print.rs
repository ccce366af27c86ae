//! Values as text, in the forms of `nix-instantiate --eval`, `nix eval`, `nix repl` and XML.

use std::sync::Arc;

use expect_test::{Expect, expect};
use nival_eval::print::{self, PrintOptions, XmlOptions};
use nival_eval::testing::{MemoryHost, collecting};
use nival_eval::{Assistance, Collect, Ctx, Evaluator, Options, Result, Value, builtins};

/// Also with memory collected all the time.
fn shown(expression: &str, print: impl Fn(&mut Ctx<'_>, Value) -> Result<Vec<u8>>) -> String {
    let shown = shown_with(Collect::Never, expression, &print);
    assert_eq!(shown_with(Collect::Stress(1), expression, &print), shown, "with collections");
    shown
}

fn shown_with(collect: Collect, expression: &str, print: impl Fn(&mut Ctx<'_>, Value) -> Result<Vec<u8>>) -> String {
    let options = collecting(collect);
    let evaluator = Evaluator::new(Arc::new(MemoryHost::default()), options, builtins::table());
    let printed = evaluator.enter(Arc::default(), |ctx| {
        let value = ctx.eval_text(expression.as_bytes(), b"/", "«string»", &[])?;
        print(ctx, value)
    });
    printed.map_or_else(|error| format!("error: {error}"), |text| String::from_utf8_lossy(&text).into_owned())
}

/// As the REPL prints: by itself, and in full.
fn check_repl(expression: &str, brief: Expect, full: Expect) {
    brief.assert_eq(&shown(expression, |ctx, value| print::pretty(ctx, value, PrintOptions::repl())));
    full.assert_eq(&shown(expression, |ctx, value| print::pretty(ctx, value, PrintOptions::repl_deep())));
}

/// As `nix eval` and `nix-instantiate --eval` (not strict, strict) print.
fn check_eval(expression: &str, eval: Expect, lazy: Expect, strict: Expect) {
    eval.assert_eq(&shown(expression, |ctx, value| print::pretty(ctx, value, PrintOptions::eval())));
    lazy.assert_eq(&shown(expression, print::ambiguous_lazy));
    strict.assert_eq(&shown(expression, |ctx, value| {
        ctx.force_deep(value)?;
        print::ambiguous(ctx, value)
    }));
}

#[test]
fn the_repl_lays_structures_out() {
    check_repl(
        "{ a = 1; b = { c = 2; d = [ 1 2 ]; }; e = [ ]; f = { }; g = [ { x = 1; } ]; h = { i = 1; }; n = [ [ 1 ] ]; }",
        expect![[r#"
            {
              a = 1;
              b = { ... };
              e = [ ... ];
              f = { ... };
              g = [ ... ];
              h = { ... };
              n = [ ... ];
            }"#]],
        expect![[r#"
            {
              a = 1;
              b = {
                c = 2;
                d = [
                  1
                  2
                ];
              };
              e = [ ];
              f = { };
              g = [
                { x = 1; }
              ];
              h = { i = 1; };
              n = [
                [ 1 ]
              ];
            }"#]],
    );
    check_repl("[ 1 ]", expect!["[ 1 ]"], expect!["[ 1 ]"]);
    check_repl("{ }", expect!["{ }"], expect!["{ }"]);
}

#[test]
fn the_repl_shows_errors_in_place() {
    check_repl(
        r#"{ a = x: x; b = throw "no"; }"#,
        expect![[r#"
            {
              a = «lambda a @ «string»:1:7»;
              b = «error: no»;
            }"#]],
        expect![[r#"
            {
              a = «lambda a @ «string»:1:7»;
              b = «error: no»;
            }"#]],
    );
    check_repl(r#"{ a = throw "no"; }"#, expect!["error: no"], expect!["error: no"]);
    check_repl(r#"throw "no""#, expect!["error: no"], expect!["error: no"]);
}

#[test]
fn what_was_printed_is_not_printed_again() {
    check_repl(
        "let x = { y = x; z = 1; }; in x",
        expect![[r#"
            {
              y = «repeated»;
              z = 1;
            }"#]],
        expect![[r#"
            {
              y = «repeated»;
              z = 1;
            }"#]],
    );
    check_eval(
        "let a = { x = 1; }; l = [ 1 ]; in [ a a l l { } { } [ ] [ ] ]",
        expect!["[ { x = 1; } «repeated» [ 1 ] «repeated» { } «repeated» [ ] [ ] ]"],
        expect!["[ <CODE> <CODE> <CODE> <CODE> <CODE> <CODE> [ ] [ ] ]"],
        expect!["[ { x = 1; } «repeated» [ 1 ] «repeated» { } { } [ ] [ ] ]"],
    );
    // Where the parameter is that an argument is missing for.
    check_eval(
        "let f = x: y: { z }: x; in [ f (f 1) (f 1 2) ]",
        expect!["[ «lambda f @ «string»:1:9» «lambda f @ «string»:1:12» «lambda f @ «string»:1:15» ]"],
        expect!["[ <CODE> <CODE> <CODE> ]"],
        expect!["[ <LAMBDA> <LAMBDA> <LAMBDA> ]"],
    );
    check_eval(
        "[ null toString (builtins.deepSeq \"x\") (a: a) (let x = [ x ]; in x) ]",
        expect!["[ null «primop toString» «partially applied primop deepSeq» «lambda @ «string»:1:41» [ [ «repeated» ] ] ]"],
        expect!["[ null <PRIMOP> <CODE> <CODE> <CODE> ]"],
        expect!["[ null <PRIMOP> <PRIMOP-APP> <LAMBDA> [ [ «repeated» ] ] ]"],
    );
}

#[test]
fn derivations_are_named_by_their_path() {
    check_repl(
        r#"{ d = derivation { name = "a"; builder = "b"; system = "c"; }; }"#,
        expect![[r#"
            {
              d = «derivation /nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv»;
            }"#]],
        expect![[r#"
            {
              d = «derivation /nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv»;
            }"#]],
    );
}

#[test]
fn names_and_strings_are_quoted_where_they_must_be() {
    check_eval(
        r#"{ "if" = 1; or = 2; "a b" = 3; "é" = 4; "1a" = 5; "a'" = 6; _ = "a\n\t\r\"\\\${x} $x $${y} é"; "" = 8; "\${" = 9; }"#,
        expect![[r#"{ "" = 8; "\${" = 9; "1a" = 5; _ = "a\n\t\r\"\\\${x} $x $\${y} é"; "a b" = 3; a' = 6; "if" = 1; or = 2; "é" = 4; }"#]],
        expect![[r#"{ "" = 8; "\${" = 9; "1a" = 5; _ = "a\n\t\r\"\\\${x} $x $\${y} é"; "a b" = 3; a' = 6; "if" = 1; or = 2; "é" = 4; }"#]],
        expect![[r#"{ "" = 8; "\${" = 9; "1a" = 5; _ = "a\n\t\r\"\\\${x} $x $\${y} é"; "a b" = 3; a' = 6; "if" = 1; or = 2; "é" = 4; }"#]],
    );
    check_eval(
        "[ 1.0 0.1 1.0e10 1.5e-7 123456.789 (-1.5) ]",
        expect!["[ 1 0.1 1e+10 1.5e-07 123457 -1.5 ]"],
        expect!["[ 1 0.1 1e+10 1.5e-07 123457 -1.5 ]"],
        expect!["[ 1 0.1 1e+10 1.5e-07 123457 -1.5 ]"],
    );
}

#[test]
fn limits_of_messages() {
    let brief = |expression: &str| {
        shown(expression, |ctx, value| {
            ctx.force_deep(value)?;
            Ok(print::for_message(ctx, value).into_bytes())
        })
    };
    expect!["[ 0 1 2 3 4 5 6 7 8 9 «2 items elided» ]"].assert_eq(&brief("builtins.genList (x: x) 12"));
    expect!["{ n0 = 0; n1 = 1; n10 = 10; n2 = 2; n3 = 3; n4 = 4; n5 = 5; n6 = 6; n7 = 7; n8 = 8; «1 attribute elided» }"]
        .assert_eq(&brief("builtins.listToAttrs (builtins.genList (x: { name = \"n${toString x}\"; value = x; }) 11)"));
    let long = brief("builtins.concatStringsSep \"\" (builtins.genList (x: \"x\") 1025)");
    assert!(long.ends_with("x\" «1 byte elided»") && long.len() == 1024 + "\"\" «1 byte elided»".len(), "{long}");
}

#[test]
fn colors() {
    let options = PrintOptions { colors: true, ..PrintOptions::repl() };
    let text = shown(r#"{ a = 1; b = "x"; c = [ ]; d = x: x; e = /a; f = throw "no"; }"#, |ctx, value| print::pretty(ctx, value, options));
    expect![[r#"
        {
          a = ␛[36;1m1␛[0m;
          b = ␛[35;1m"x"␛[0m;
          c = [ ... ];
          d = ␛[34;1m«lambda d @ «string»:1:32»␛[0m;
          e = ␛[32;1m/a␛[0m;
          f = ␛[31;1m«error: no»␛[0m;
        }"#]]
    .assert_eq(&text.replace('\x1b', "␛"));
}

#[test]
fn xml_of_what_is_not_evaluated_and_where_it_is() {
    let xml = |options| shown("{ a = 1 + 1; f = { x, y ? 1, ... }@args: x; }", |ctx, value| Ok(print::to_xml(ctx, value, options)?.0));
    expect![[r#"
        <?xml version='1.0' encoding='utf-8'?>
        <expr>
          <attrs>
            <attr name="a">
              <unevaluated />
            </attr>
            <attr name="f">
              <unevaluated />
            </attr>
          </attrs>
        </expr>
    "#]]
    .assert_eq(&xml(XmlOptions { strict: false, location: false }));
    expect![[r#"
        <?xml version='1.0' encoding='utf-8'?>
        <expr>
          <attrs>
            <attr column="3" line="1" name="a">
              <int value="2" />
            </attr>
            <attr column="14" line="1" name="f">
              <function column="18" line="1">
                <attrspat ellipsis="1" name="args">
                  <attr name="x" />
                  <attr name="y" />
                </attrspat>
              </function>
            </attr>
          </attrs>
        </expr>
    "#]]
    .assert_eq(&xml(XmlOptions { strict: true, location: true }));
}

/// A long text leaves the printer piece by piece, with or without another thread, and is a value like others.
#[test]
fn long_xml_is_the_same_as_a_value() {
    let strict = XmlOptions { strict: true, location: false };
    let items = r#"let lines = builtins.concatStringsSep "\n" (builtins.genList toString 400); in builtins.genList (i: { number = i; text = "<${toString i}> & so on"; inherit lines; }) 600"#;
    let printed = shown_with(Collect::Never, items, |ctx, value| Ok(print::to_xml(ctx, value, strict)?.0));
    assert!(printed.len() > 900_000, "{}", printed.len());
    let twice = format!("let text = builtins.toXML ({items}); in builtins.seq text (builtins.seq (builtins.toXML ({items})) text)");
    for assistance in [Assistance::None, Assistance::All] {
        for collect in [Collect::Never, Collect::Stress(20_000)] {
            let options = Options { assistance, ..collecting(collect) };
            let evaluator = Evaluator::new(Arc::new(MemoryHost::default()), options, builtins::table());
            let text = evaluator.enter(Arc::default(), |ctx| {
                let value = ctx.eval_text(twice.as_bytes(), b"/", "«string»", &[])?;
                Ok::<_, Box<nival_eval::EvalError>>(value.as_string().map(|text| text.to_str().into_owned()))
            });
            assert!(text.unwrap().as_deref() == Some(&*printed), "{assistance:?}, {collect:?}");
        }
    }
}
