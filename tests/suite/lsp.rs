//! Builds through `nival lsp`: their messages, and every way to stop them.

use std::time::Duration;

use nival_tests::lsp::Client;
use nival_tests::world::{World, processes_with, run, wait_until};
use serde_json::{Value, json};

struct Building {
    client: Client,
    world: World,
    /// In the environment of the builder.
    marker: String,
    request: i64,
}

fn client(world: &World) -> Client {
    Client::start(world.built("nival").arg("lsp"), json!({ "trusted": true }))
}

/// A build that does not end by itself, once it runs.
fn endless(name: &str) -> Building {
    let world = World::default();
    world.copy("tests/fixtures/builds");
    let marker = format!("marker={name}-{}", std::process::id());
    let value = marker.trim_start_matches("marker=");
    let file = world.write("endless.nix", format!("{{ endless = (import ./builds {{ }}).loop \"{value}\"; }}"));
    let mut client = client(&world);
    let request = client.command("nival.build", json!([format!("file://{}", file.display()), "endless"]));
    client.wait_for("the builder's first line", |message| message["method"] == "nival/buildLog" && message.to_string().contains("started"));
    assert!(processes_with(&marker) > 0);
    Building { client, world, marker, request }
}

impl Building {
    /// The build is over: answered as cancelled, no process left, the store sound.
    fn ends_as_cancelled(mut self) {
        assert_eq!(self.client.answer(self.request).expect_err("cancelled")["code"], -32800);
        wait_until("the builder to end", Duration::from_secs(20), || processes_with(&self.marker) == 0);
        run(self.world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
        // The server is still there.
        let id = self.client.command("nival.cancelBuild", json!([]));
        assert_eq!(self.client.answer(id), Ok(json!({ "cancelled": 0 })));
    }
}

#[test]
fn a_build_tells_how_it_goes() {
    let world = World::default();
    let uri = format!("file://{}/default.nix", world.copy("examples").display());
    let mut client = client(&world);
    let id = client.command("nival.build", json!([uri, "greeter"]));
    let result = client.answer(id).expect("a build");
    let end = client.wait_for("the end", |message| message["params"]["value"]["kind"] == "end");
    let out = result["outPaths"][0].as_str().expect("a path");
    assert!(std::fs::read_to_string(out).expect("the output").contains("Hello, Grace!"));
    assert_eq!((result["name"].clone(), result["alreadyBuilt"].clone()), (json!("greeter-0.3"), json!(false)));

    let of = |method: &str| client.inbox.iter().filter(|message| message["method"] == method).collect::<Vec<_>>();
    let token = &of("window/workDoneProgress/create")[0]["params"]["token"];
    assert_eq!(&end["params"]["token"], token);
    let kinds: Vec<_> = of("$/progress").iter().map(|message| message["params"]["value"]["kind"].clone()).collect();
    assert_eq!(kinds[0], "begin");
    let lines: Vec<_> =
        of("nival/buildLog").iter().flat_map(|message| message["params"]["lines"].as_array().expect("lines").clone()).collect();
    for expected in ["hello-1.0: checkPhase", "greeter-0.3: installPhase", "greeting Ada"] {
        assert!(lines.contains(&Value::from(expected)), "{lines:#?}");
    }

    let id = client.command("nival.build", json!([uri, "greeter"]));
    assert_eq!(client.answer(id).expect("a build")["alreadyBuilt"], true);
    let id = client.command("nival.build", json!([uri, "broken"]));
    let error = client.answer(id).expect_err("it fails");
    assert_eq!((error["code"].clone(), error["data"]["kind"].clone()), (json!(-32803), json!("build")));
    assert!(error["data"]["log"].to_string().contains("the greeting is wrong"), "{error:#}");
}

#[test]
fn cancel_request_stops_a_build() {
    let mut building = endless("request");
    let id = building.request;
    building.client.notify("$/cancelRequest", json!({ "id": id }));
    building.ends_as_cancelled();
}

#[test]
fn the_progress_button_stops_a_build() {
    let mut building = endless("button");
    let token =
        building.client.wait_for("a progress", |message| message["method"] == "window/workDoneProgress/create")["params"]["token"].clone();
    building.client.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    building.ends_as_cancelled();
}

#[test]
fn the_command_stops_all_builds() {
    let mut building = endless("command");
    let id = building.client.command("nival.cancelBuild", json!([]));
    assert_eq!(building.client.answer(id), Ok(json!({ "cancelled": 1 })));
    building.ends_as_cancelled();
}

#[test]
fn a_client_that_dies_stops_its_builds() {
    let Building { client, world, marker, .. } = endless("death");
    assert!(client.die() < Duration::from_secs(15));
    wait_until("the builder to end", Duration::from_secs(20), || processes_with(&marker) == 0);
    run(world.real_nix("nix-store").args(["--verify", "--check-contents"])).ok();
}

#[test]
fn a_flood_of_log_is_cut() {
    let world = World::default();
    world.copy("tests/fixtures/builds");
    let file = world.write("noisy.nix", "{ inherit (import ./builds { }) noisy; }");
    let mut client = client(&world);
    let id = client.command("nival.build", json!([format!("file://{}", file.display()), "noisy"]));
    std::thread::sleep(Duration::from_secs(3));
    client.notify("$/cancelRequest", json!({ "id": id }));
    client.answer(id).expect_err("cancelled");
    let streamed: usize =
        client.inbox.iter().filter(|message| message["method"] == "nival/buildLog").map(|message| message.to_string().len()).sum();
    assert!(streamed < 8 << 20, "{streamed} bytes of log");
}
