//! Structured attributes as builders get them: `.attrs.json`, and `.attrs.sh` for shells.

use serde_json::{Map, Number, Value};

/// Keys in order, at every level, as the file has them.
pub fn to_json(attrs: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_object(attrs, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => write_object(map, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_object(map: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (i, (key, value)) in sorted(map).into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(key.clone()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// Declarations for a shell: strings, whole numbers, booleans and null; lists and sets of these. What is nested deeper
/// and what is no variable's name is left out.
pub fn to_shell(attrs: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (key, value) in sorted(attrs) {
        if !is_variable_name(key) {
            continue;
        }
        match value {
            Value::Array(items) => {
                if let Some(items) = items.iter().map(simple).collect::<Option<Vec<_>>>() {
                    let items: String = items.iter().map(|item| format!("{item} ")).collect();
                    out.push_str(&format!("declare -a {key}=({items})\n"));
                }
            }
            Value::Object(map) => {
                let entries = sorted(map).into_iter().map(|(key, value)| Some(format!("[{}]={} ", quote(key), simple(value)?)));
                if let Some(entries) = entries.collect::<Option<String>>() {
                    out.push_str(&format!("declare -A {key}=({entries})\n"));
                }
            }
            value => {
                if let Some(value) = simple(value) {
                    out.push_str(&format!("declare {key}={value}\n"));
                }
            }
        }
    }
    out
}

fn simple(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(quote(text)),
        Value::Number(number) => whole(number).map(|number| number.to_string()),
        Value::Null => Some("''".to_owned()),
        Value::Bool(true) => Some("1".to_owned()),
        Value::Bool(false) => Some(String::new()),
        _ => None,
    }
}

/// Numbers without a fraction, in the 32 bits that Nix gives them here.
fn whole(number: &Number) -> Option<i32> {
    match number.as_i64() {
        Some(integer) => Some(integer as i32),
        None => number.as_f64().filter(|float| (*float as f32).fract() == 0.0).map(|float| float as i64 as i32),
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn is_variable_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn json_and_shell() {
        let attrs = r#"{"b":"x y","a":1,"c":["a","b c",1],"d":{"z":true,"y":"f'oo","x":1,"n":null},"e":true,"f":1.5,"g":[1,[2]],"h":null,"i-j":1,"k":false,"l":2.0}"#;
        let Ok(Value::Object(attrs)) = serde_json::from_str(attrs) else { panic!() };
        expect![[r#"{"a":1,"b":"x y","c":["a","b c",1],"d":{"n":null,"x":1,"y":"f'oo","z":true},"e":true,"f":1.5,"g":[1,[2]],"h":null,"i-j":1,"k":false,"l":2.0}"#]]
            .assert_eq(&to_json(&attrs));
        expect![[r#"
            declare a=1
            declare b='x y'
            declare -a c=('a' 'b c' 1 )
            declare -A d=(['n']='' ['x']=1 ['y']='f'\''oo' ['z']=1 )
            declare e=1
            declare h=''
            declare k=
            declare l=2
        "#]]
        .assert_eq(&to_shell(&attrs));
    }
}
