//! The only place that knows formats. A view holds what is shown, as the JSON shows it; texts and
//! the page are made of views.

pub(crate) mod html;
pub(crate) mod json;
#[cfg(test)]
mod schema;
pub(crate) mod text;
pub(crate) mod view;
