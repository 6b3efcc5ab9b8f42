//! The command line itself: help, flags that do not exist, flags that do not go together, completions.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::Project;

#[test]
fn help() {
    let project = Project::empty("usage-help");
    assert_snapshot!(project.run(&["--help"]), @"
    exit code 0
    --- stdout
    DynamoDB tables from Rust structs: templates to review, changes without loss, deployments that can
    be trusted

    Usage: tablewright [OPTIONS] <COMMAND>

    Commands:
      list         Show stacks, tables and keys at a glance
      check        Check the definitions against the rules of DynamoDB and CloudFormation, and against a
                   policy
      render       Write the CloudFormation templates, to stdout or into a folder
      diff         Show what a change means, and what it would do to the data
      deploy       Plan the change, show it, ask, deploy it, and watch until the tables can be used
      watch        Follow the latest operation on a stack, running or ended, from its first event
      cancel       Cancel the update that runs on a stack, and watch it being undone
      rollback     Take a stack that stands where it failed back to where it was
      destroy      Delete a stack; tables stay where their DeletionPolicy or deletion protection says so
      outputs      Print the outputs of a stack
      sam          Tables inside a SAM project
      local        Tables in a DynamoDB of your own: DynamoDB Local, an emulator, the sandbox
      sandbox      CloudFormation and DynamoDB without an account: serve the sandbox to other tools, or
                   begin a new one
      completions  Print a completion script for a shell

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Project:
          --stacks <DIR>  Folder of the crate that makes the stacks (default: `stacks` here or above)
      -e, --env <NAME>    Environment of tablewright.toml (default: its `default_env`)
          --fresh         Ask cargo whether the stacks crate is up to date, even where nothing looks
                          newer

    Output:
          --color <WHEN>  When to use colour [default: auto] [possible values: auto, always, never]
      -q, --quiet         Say only what goes wrong

    Exit codes:
      0  done, or nothing to do          6  refused; nothing was changed
      1  a fault of the tool             7  stale: not what was reviewed
      2  usage, or wrong definitions     8  changes are pending (--check, --exit-code)
      3  credentials or permission       9  still running: detached, or out of time
      4  failed and rolled back         10  the outcome is not known
      5  failed; the stack needs a hand 130  interrupted before anything began

    Try it without an account:  tablewright deploy --sandbox
    ");
    assert_snapshot!(project.run(&["deploy", "--help"]), @"
    exit code 0
    --- stdout
    Plan the change, show it, ask, deploy it, and watch until the tables can be used

    Usage: tablewright deploy [OPTIONS] [STACK]...

    Arguments:
      [STACK]...
              Stacks to deploy (default: all)

    Options:
          --from <DIR>
              Deploy the very templates that `render --out DIR` wrote and that were reviewed: needs no
              Rust and no definitions

          --envs <NAME>
              Deploy to several environments of tablewright.toml in one run, each to its own account and
              region

          --concurrency <NUMBER>
              How many stacks to work on at once; a stack always waits for those that it takes something
              from

              [default: 1]

          --keep-going
              When a stack fails, go on with those that do not wait for it

      -y, --yes
              Do not ask; the sandbox never does

          --plan <FILE>
              Execute only what was reviewed: what `diff --report json=FILE` has written

          --deny <VERDICT>
              Refuse this verdict and every worse one, such as `in-place-with-risk`

          --allow-replace <TABLE>
              Let a change replace or delete this table: its logical id, typed by name (may be repeated)

      -h, --help
              Print help (see a summary with '-h')

    AWS:
          --sandbox
              Work in the sandbox: no account, no network, kept in a file between runs

              Its time runs ten times as fast as ours, or as often as TABLEWRIGHT_SANDBOX_SCALE says.

          --profile <NAME>
              Profile of the AWS configuration (default: `aws_profile` of the environment, then
              AWS_PROFILE)

          --region <REGION>
              Region (default: `region` of the environment, then the SDK's own settings)

          --mfa-code <CODE>
              Code of the device, for a profile with an `mfa_serial` (default: it is asked for)

          --endpoint-url <URL>
              Endpoint to call in the place of AWS, such as an emulator's

    Deployment:
          --parameter <NAME=VALUE>
              Value of a parameter of the templates (may be repeated); what is left out stays as it is,
              or has its default

          --parameters-file <FILE>
              JSON with `Parameters`, `Tags` and `StackPolicy`, as CodePipeline has it, or a list of
              parameters, as the AWS CLI has it

          --tag <KEY=VALUE>
              Tag of the stacks besides those of the definitions (may be repeated)

          --role-arn <ARN>
              Role that CloudFormation works with; it sticks to the stack

          --notification-arn <ARN>
              Topic that is told of the stack's events (may be repeated); without it, they stay as they
              are

          --no-notifications
              Tell no topic any more

          --on-failure <WAY>
              What becomes of a failed operation

              Possible values:
              - rollback:   It is undone
              - do-nothing: It stays where it stopped
              - delete:     The stack is deleted; for a stack that is new

              [default: rollback]

          --rollback-alarm <ARN>
              Alarm that undoes the update when it goes off (may be repeated)

          --rollback-monitoring <MINUTES>
              For how many minutes the alarms are watched afterwards

          --bucket <NAME>
              Bucket for templates of more than 51,200 bytes, in the region of the stacks

          --wait <STATE>
              Where to stop waiting

              Possible values:
              - active: Until tables and indexes can be used
              - stack:  Until CloudFormation is done
              - none:   Not at all: the operation is begun, and that is it

              [default: active]

          --wait-for-idle <TIME>
              Wait so long for another operation on a stack to end, such as `10m`

          --timeout <TIME>
              Follow an operation for so long at most, such as `1h30m`

          --on-timeout <DEED>
              What to do when the time is up

              Possible values:
              - detach: It goes on without us
              - cancel: It is cancelled, and undone

              [default: detach]

          --on-interrupt <DEED>
              What the first Ctrl-C or SIGTERM does; the second leaves at once

              Possible values:
              - detach: It goes on without us
              - cancel: It is cancelled, and undone

              [default: detach]

          --output <FORM>
              How to show what happens

              Possible values:
              - auto:   A live tree on a terminal, lines elsewhere
              - tree:   A live tree
              - lines:  A line for each event
              - ndjson: A JSON object for each event, on stdout
              - github: Lines, with the groups and annotations of GitHub Actions

              [default: auto]

    Project:
          --stacks <DIR>
              Folder of the crate that makes the stacks (default: `stacks` here or above)

      -e, --env <NAME>
              Environment of tablewright.toml (default: its `default_env`)

          --fresh
              Ask cargo whether the stacks crate is up to date, even where nothing looks newer

    Output:
          --color <WHEN>
              When to use colour

              [default: auto]
              [possible values: auto, always, never]

      -q, --quiet
              Say only what goes wrong
    ");
}

#[test]
fn help_of_every_command() {
    let project = Project::empty("usage-every");
    // Without what is common to all: that is shown once, above.
    let own = |args: &[&str]| {
        let help = project.run(&[args, &["-h"]].concat()).ends_with(0).stdout;
        let common = ["\nAWS:\n", "\nProject:\n"].iter().filter_map(|title| help.find(title)).min().unwrap();
        help[..common].to_owned()
    };
    assert_snapshot!(own(&["list"]), @"
    Show stacks, tables and keys at a glance

    Usage: tablewright list [OPTIONS]

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["local", "up"]), @"
    Create the tables of the stacks straight from the definitions, and update those that are there

    Usage: tablewright local up [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks whose tables to create (default: all)

    Options:
          --endpoint-url <URL>  Endpoint to create the tables in, such as http://127.0.0.1:8000
          --sandbox             Create the tables in the project's sandbox
          --dry-run             Send and write nothing; print what `aws dynamodb create-table
                                --cli-input-json` takes, a document for each table
          --env-json <FILE>     Write the names of the tables into this file, for `sam local
                                --env-vars`; what else is in it stays
      -h, --help                Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["check"]), @"
    Check the definitions against the rules of DynamoDB and CloudFormation, and against a policy

    Usage: tablewright check [OPTIONS]

    Options:
          --policy <PROFILE>  Hold the definitions to the demands of a profile as well, such as
                              recovery, protection, keys and tags [possible values: dev, safe, hardened]
      -h, --help              Print help (see more with '--help')

    Report:
          --format <FORM>       Form on stdout [default: text] [possible values: text, markdown, json,
                                sarif, github]
          --report <FORM=FILE>  Write a file as well, such as `markdown=comment.md` or
                                `sarif=diff.sarif` (may be repeated)
          --link <URL>          Where the full report is: a Markdown comment that had to be cut says so
    ");
    assert_snapshot!(own(&["render"]), @"
    Write the CloudFormation templates, to stdout or into a folder

    Usage: tablewright render [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks to render (default: all)

    Options:
          --out <DIR>      Folder for the templates, to be committed and reviewed
          --check          Write nothing; fail with exit code 8 where a template in `--out DIR` is not
                           what would be written
          --format <FORM>  Form of the templates on stdout [default: yaml] [possible values: yaml, json,
                           json-compact, include, nested]
      -h, --help           Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["diff"]), @"
    Show what a change means, and what it would do to the data

    Usage: tablewright diff [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks to compare (default: all)

    Options:
          --against <SOURCE>  What to compare with [default: deployed]
          --of <SOURCE>       What is judged [default: definitions]
          --all-envs          Compare in every environment of tablewright.toml
      -h, --help              Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["watch"]), @"
    Follow the latest operation on a stack, running or ended, from its first event

    Usage: tablewright watch [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  The stack, as the definitions call it

    Options:
          --stack-name <NAME>  Any stack by its name in CloudFormation, or its ARN: nothing is built,
                               and whoever made it does not matter
          --output <FORM>      How to show what happens [default: auto] [possible values: auto, tree,
                               lines, ndjson, github]
      -h, --help               Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["destroy"]), @"
    Delete a stack; tables stay where their DeletionPolicy or deletion protection says so

    Usage: tablewright destroy [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  The stack, as the definitions call it

    Options:
          --stack-name <NAME>  Any stack by its name in CloudFormation, or its ARN: nothing is built,
                               and whoever made it does not matter
      -y, --yes                Do not ask
          --output <FORM>      How to show what happens [default: auto] [possible values: auto, tree,
                               lines, ndjson, github]
      -h, --help               Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["outputs"]), @"
    Print the outputs of a stack

    Usage: tablewright outputs [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  The stack, as the definitions call it

    Options:
          --stack-name <NAME>  Any stack by its name in CloudFormation, or its ARN: nothing is built,
                               and whoever made it does not matter
          --format <FORM>      Form of the outputs [default: text] [possible values: text, json, dotenv,
                               github]
      -h, --help               Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["sandbox"]), @"
    CloudFormation and DynamoDB without an account: serve the sandbox to other tools, or begin a new one

    Usage: tablewright sandbox [OPTIONS] <COMMAND>

    Commands:
      serve   Answer on a loopback port, for the AWS CLI, boto3 and every SDK
      reset   Forget everything in the sandbox
      status  Say where the sandbox is kept

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["sandbox", "serve"]), @"
    Answer on a loopback port, for the AWS CLI, boto3 and every SDK

    Usage: tablewright sandbox serve [OPTIONS]

    Options:
          --port <PORT>  The port (default: one that is free) [default: 0]
      -h, --help         Print help
    ");
    assert_snapshot!(own(&["sandbox", "reset"]), @"
    Forget everything in the sandbox

    Usage: tablewright sandbox reset [OPTIONS]

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["sandbox", "status"]), @"
    Say where the sandbox is kept

    Usage: tablewright sandbox status [OPTIONS]

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["completions"]), @"
    Print a completion script for a shell

    Usage: tablewright completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help  Print help
    ");
}

#[test]
fn what_is_no_command_line() {
    let project = Project::empty("usage");
    // Nothing said: the help, as an error.
    let nothing = project.run(&[]).ends_with(2);
    assert_eq!((nothing.stdout.as_str(), nothing.stderr), ("", project.run(&["--help"]).ends_with(0).stdout));
    assert_snapshot!(project.run(&["depoly"]), @"
    exit code 2
    --- stderr
    error: unrecognized subcommand 'depoly'

      tip: some similar subcommands exist: 'destroy', 'deploy'

    Usage: tablewright [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["deploy", "--sandboks"]), @"
    exit code 2
    --- stderr
    error: unexpected argument '--sandboks' found

      tip: a similar argument exists: '--sandbox'

    Usage: tablewright deploy --sandbox [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["deploy", "--sandbox", "--profile", "me"]), @"
    exit code 2
    --- stderr
    error: the argument '--sandbox' cannot be used with '--profile <NAME>'

    Usage: tablewright deploy --sandbox [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["diff", "--sandbox", "--endpoint-url", "http://127.0.0.1:1"]), @"
    exit code 2
    --- stderr
    error: the argument '--sandbox' cannot be used with '--endpoint-url <URL>'

    Usage: tablewright diff --sandbox [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["render", "--check"]), @"
    exit code 2
    --- stderr
    error: the following required arguments were not provided:
      --out <DIR>

    Usage: tablewright render --out <DIR> --check [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["render", "--out", "x", "--format", "json"]), @"
    exit code 2
    --- stderr
    error: the argument '--out <DIR>' cannot be used with '--format <FORM>'

    Usage: tablewright render --out <DIR> [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["render", "--format", "toml"]), @"
    exit code 2
    --- stderr
    error: invalid value 'toml' for '--format <FORM>'
      [possible values: yaml, json, json-compact, include, nested]

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["destroy", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: the following required arguments were not provided:
      <STACK|--stack-name <NAME>>

    Usage: tablewright destroy --sandbox <STACK|--stack-name <NAME>>

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["watch", "a", "b"]), @"
    exit code 2
    --- stderr
    error: unexpected argument 'b' found

    Usage: tablewright watch [OPTIONS] <STACK|--stack-name <NAME>>

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["sandbox", "serve", "--port", "70000"]), @"
    exit code 2
    --- stderr
    error: invalid value '70000' for '--port <PORT>': 70000 is not in 0..=65535

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["completions", "cmd"]), @"
    exit code 2
    --- stderr
    error: invalid value 'cmd' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["list", "--color", "blue"]), @"
    exit code 2
    --- stderr
    error: invalid value 'blue' for '--color <WHEN>'
      [possible values: auto, always, never]

    For more information, try '--help'.
    ");
}

#[test]
fn completions_for_every_shell() {
    let project = Project::empty("usage-completions");
    for (shell, part) in [
        ("bash", "_tablewright()"),
        ("zsh", "#compdef tablewright"),
        ("fish", "complete -c tablewright"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let output = project.run(&["completions", shell]).ends_with(0);
        assert!(output.stdout.contains(part) && output.stdout.contains("endpoint-url"), "{shell}");
        assert_eq!(output.stderr, "");
    }
}

#[test]
fn a_version() {
    let project = Project::empty("usage-version");
    let output = project.run(&["--version"]).ends_with(0);
    assert_eq!(output.stdout, concat!("tablewright ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_of_the_help_that_goes_away() {
    let project = Project::empty("usage-pipe");
    for args in [&["--help"][..], &["completions", "bash"]] {
        let mut child = project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap()),
            (Some(0), String::new())
        );
    }
}
