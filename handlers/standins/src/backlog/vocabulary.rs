//! The words that every space shares: statuses, priorities, resolutions, and the types of a new project.

use serde_json::{Value, json};

const PRIORITIES: [(u64, &str); 3] = [(2, "高"), (3, "中"), (4, "低")];
const STATUSES: [(u64, &str, &str); 4] =
    [(1, "未対応", "#ed8077"), (2, "処理中", "#4488c5"), (3, "処理済み", "#5eb5a6"), (4, "完了", "#b0be3c")];
const RESOLUTIONS: [(u64, &str); 5] = [(0, "対応済み"), (1, "対応しない"), (2, "無効"), (3, "重複"), (4, "再現しない")];
const ISSUE_TYPES: [(&str, &str); 4] =
    [("タスク", "#7ea800"), ("バグ", "#990000"), ("要望", "#ff9200"), ("その他", "#2779ca")];
const CATEGORIES: [&str; 2] = ["窓口", "基盤"];
const MILESTONES: [&str; 2] = ["いますぐ", "次のリリース"];
/// Each project has its own types and milestones, so no id of one project is valid in another.
const TYPE_IDS_PER_PROJECT: u64 = 10;
/// Unlike those of types, so that one cannot pass for the other.
const MILESTONE_IDS_PER_PROJECT: u64 = 100;
const CATEGORY_IDS_PER_PROJECT: u64 = 10_000;

/// Returns the name of a priority.
pub(super) fn priority(id: u64) -> Option<&'static str> {
    PRIORITIES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Returns the name of a status.
pub(super) fn status(id: u64) -> Option<&'static str> {
    STATUSES.iter().find(|(known, ..)| *known == id).map(|(_, name, _)| *name)
}

/// Returns the name of a resolution.
pub(super) fn resolution(id: u64) -> Option<&'static str> {
    RESOLUTIONS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Returns the name of an issue type of the project at a place among all projects.
pub(super) fn issue_type(place: u64, id: u64) -> Option<&'static str> {
    (0..).zip(ISSUE_TYPES).find(|(order, _)| type_id(place, *order) == id).map(|(_, (name, _))| name)
}

/// Describes every priority.
pub(super) fn priorities() -> Vec<Value> {
    PRIORITIES.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
}

/// Describes every resolution.
pub(super) fn resolutions() -> Vec<Value> {
    RESOLUTIONS.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
}

/// Describes a status inside a project.
pub(super) fn status_of(project_id: u64, id: u64) -> Value {
    statuses_of(project_id).into_iter().find(|status| status["id"] == id).unwrap_or_default()
}

/// Describes every status of a project.
pub(super) fn statuses_of(project_id: u64) -> Vec<Value> {
    let described = |(order, (id, name, color)): (usize, &(u64, &str, &str))| {
        json!({
            "id": id,
            "projectId": project_id,
            "name": name,
            "color": color,
            "displayOrder": 1_000 * (order + 1),
        })
    };
    STATUSES.iter().enumerate().map(described).collect()
}

/// Describes every issue type of the project at a place among all projects.
pub(super) fn issue_types_of(project_id: u64, place: u64) -> Vec<Value> {
    let described = |(order, (name, color)): (u64, (&str, &str))| {
        json!({
            "id": type_id(place, order),
            "projectId": project_id,
            "name": name,
            "color": color,
            "displayOrder": order,
            "templateSummary": null,
            "templateDescription": null,
        })
    };
    (0..).zip(ISSUE_TYPES).map(described).collect()
}

/// Returns the name of a category of the project at a place among all projects.
pub(super) fn category(place: u64, id: u64) -> Option<&'static str> {
    (0..).zip(CATEGORIES).find(|(order, _)| category_id(place, *order) == id).map(|(_, name)| name)
}

/// Describes every category of the project at a place among all projects.
pub(super) fn categories_of(project_id: u64, place: u64) -> Vec<Value> {
    let described = |(order, name): (u64, &str)| json!({"id": category_id(place, order), "projectId": project_id, "name": name, "displayOrder": order});
    (0..).zip(CATEGORIES).map(described).collect()
}

/// Returns the name of a milestone of the project at a place among all projects.
pub(super) fn milestone(place: u64, id: u64) -> Option<&'static str> {
    (0..).zip(MILESTONES).find(|(order, _)| milestone_id(place, *order) == id).map(|(_, name)| name)
}

/// Describes every milestone of the project at a place among all projects.
pub(super) fn milestones_of(project_id: u64, place: u64) -> Vec<Value> {
    let described = |(order, name): (u64, &str)| {
        json!({
            "id": milestone_id(place, order),
            "projectId": project_id,
            "name": name,
            "description": "",
            "startDate": null,
            "releaseDueDate": null,
            "archived": false,
            "displayOrder": order,
        })
    };
    (0..).zip(MILESTONES).map(described).collect()
}

fn type_id(place: u64, order: u64) -> u64 {
    TYPE_IDS_PER_PROJECT * (place + 1) + order + 1
}

fn milestone_id(place: u64, order: u64) -> u64 {
    MILESTONE_IDS_PER_PROJECT * (place + 1) + order + 1
}

fn category_id(place: u64, order: u64) -> u64 {
    CATEGORY_IDS_PER_PROJECT * (place + 1) + order + 1
}
