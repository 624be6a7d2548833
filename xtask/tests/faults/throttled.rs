//! A service takes a stack's calls for too many at once: the command begins the stack again by itself, and says so.

use super::lane::{Lane, Way};
use super::points::{Point, Seen, check};
use super::undisturbed::Work;
use super::wire::undisturbed;

#[test]
fn what_a_service_throttles_is_begun_again() {
    let points = [("create", Work::Create), ("update", Work::Update), ("destroy", Work::Destroy)];
    let points = points.map(|(name, work)| Point::new(name, work));
    check("throttled", points.len(), &points, |lane, work| try_throttled(lane, *work));
}

fn try_throttled(lane: &mut Lane, work: Work) -> Result<Seen, String> {
    work.prepare(lane)?;
    lane.throttle();
    let ran = lane.run(work.command(), Way::Wire(undisturbed()));
    let mut wrong = ran.faults_of_manner();
    if ran.code() != Some(0) {
        wrong.push("it was throttled once, and did not succeed".to_owned());
    }
    if !ran.stderr.contains("AWS throttled the operation; retrying in 30 s") {
        wrong.push("it does not say why it waits".to_owned());
    }
    if let Err(why) = work.recovers(lane) {
        wrong.push(format!("the next run:\n{why}"));
    }
    match wrong.is_empty() {
        true => Ok(Seen::Held),
        false => Err(format!("{}\n{ran}", wrong.join("\n"))),
    }
}
