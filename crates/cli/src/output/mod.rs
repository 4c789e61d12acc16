//! The only place that knows formats. A view holds what is shown, as the JSON shows it; texts and
//! the page are made of views.

pub(crate) mod compare;
pub(crate) mod gate;
mod github;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod lint;
mod markdown;
pub(crate) mod outputs;
pub(crate) mod save;
#[cfg(test)]
mod schema;
pub(crate) mod steps;
pub(crate) mod text;
pub(crate) mod view;
mod xml;
