//! `cargo ci release`: every package, made from a clean clone of what is committed, checked, and tried as its users will.
//!
//! Nothing is published. What was made lies in `target/ci/release/packages`. A step that this machine cannot do is skipped by name.

mod addresses;
mod crates;
mod npm;
mod papers;
mod provider;
mod steps;
mod tools;
mod tree;
mod wheels;

use conformance::workbench::{Context, Outcome};

use provider::Provider;
use steps::Steps;
use tree::Tree;

pub(crate) fn run(context: &mut Context) -> Outcome {
    let mut steps = Steps::default();
    let tree = Tree::clean(context)?;
    let tools = tools::python_tools(context)?;
    let provider = Provider::start()?;
    steps.take("addresses", || addresses::stamp(context, &tree));
    steps.take("licences", || papers::licences(context, &tree, &tools));
    crates::steps(context, &mut steps, &tree, &provider);
    wheels::steps(context, &mut steps, &tree, &tools, &provider);
    npm::steps(context, &mut steps, &tree, &provider);
    steps.take("SBOM", || papers::boms(context, &tree, &tools));
    steps.take("sizes", || tree.print_sizes());
    print!("{}", steps.table());
    context.close_with(steps.summary());
    steps.outcome()
}
