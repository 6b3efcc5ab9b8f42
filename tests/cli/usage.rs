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
    Define DynamoDB tables as Rust structs, review the templates, and deploy changes without losing data

    Usage: tablewright [OPTIONS] <COMMAND>

    Commands:
      list         List stacks, tables, keys and indexes
      check        Check the definitions against the rules of DynamoDB and CloudFormation, and against a
                   policy
      render       Write the CloudFormation templates to stdout or to a directory
      diff         Show the changes of stacks, and their effect on the data
      deploy       Plan the change, ask for confirmation, deploy it, and wait until the tables are ready
      watch        Follow the latest operation of a stack from its first event, whether it is running or
                   has ended
      cancel       Cancel the running update of a stack, and follow its rollback
      rollback     Roll back a stack whose last operation failed
      destroy      Delete a stack, after showing what is deleted and what is retained
      outputs      Print the outputs of a stack
      sam          Integrate tables in a SAM project
      local        Create tables in DynamoDB Local, an emulator or the sandbox
      sandbox      Serve the sandbox, which simulates CloudFormation and DynamoDB, to other tools, or
                   reset it
      completions  Print a completion script for a shell

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Project:
          --stacks <DIR>  Directory of the stacks crate (default: `stacks` here or in a parent
                          directory)
      -e, --env <NAME>    Environment of tablewright.toml (default: its `default_env`)
          --fresh         Always ask cargo whether the stacks crate is up to date

    Output:
          --color <WHEN>  When to use color [default: auto] [possible values: auto, always, never]
      -q, --quiet         Print only errors

    Exit codes:
      0  done, or nothing to do          6  refused; nothing was changed
      1  internal error                  7  stale: not what was reviewed
      2  usage or definitions            8  changes are pending (--check, --exit-code)
      3  credentials or permission       9  still running: detached or timed out
      4  failed and rolled back         10  outcome unknown
      5  failed; manual recovery needed 130  interrupted before anything began

    Try it without an account:  tablewright deploy --sandbox
    ");
    assert_snapshot!(project.run(&["deploy", "--help"]), @"
    exit code 0
    --- stdout
    Plan the change, ask for confirmation, deploy it, and wait until the tables are ready

    Usage: tablewright deploy [OPTIONS] [STACK]...

    Arguments:
      [STACK]...
              Stacks to deploy (default: all)

    Options:
          --from <DIR>
              Deploy templates written by `render --out DIR`, without cargo and the definitions

          --envs <NAME>
              Deploy to several environments of tablewright.toml, each in its own account and Region

          --concurrency <NUMBER>
              How many stacks to deploy at the same time; dependencies are always deployed first

              [default: 1]

          --keep-going
              After a failure, continue with stacks that do not depend on the failed one

      -y, --yes
              Do not ask for confirmation (the default in the sandbox)

          --plan <FILE>
              Deploy only if the plan still matches this reviewed plan, written by `diff --report
              json=FILE`

          --deny <VERDICT>
              Refuse changes with this verdict or a worse one, such as `in-place-with-risk`

          --allow-replacement <ENV/STACK/RESOURCE>
              Allow a change that replaces this resource or removes it from its stack, and retains it
              (may be repeated)

          --allow-data-loss <ENV/STACK/RESOURCE>
              Allow a change that loses the data of this resource (may be repeated)

          --allow-index-rebuild <ENV/STACK/TABLE>
              Allow indexes of this table to be deleted and created again under their name; queries on
              them fail meanwhile (may be repeated)

      -h, --help
              Print help (see a summary with '-h')

    AWS:
          --sandbox
              Use the sandbox: no account, no network, kept in a file between runs

              Its clock is ten times faster than real time; TABLEWRIGHT_SANDBOX_SCALE sets another
              factor.

          --profile <NAME>
              Profile of the AWS configuration (default: `aws_profile` of the environment, then
              AWS_PROFILE)

          --region <REGION>
              Region (default: `region` of the environment, then the SDK's own settings)

          --mfa-code <CODE>
              MFA code, for a profile with an `mfa_serial` (default: ask for it)

          --endpoint-url <URL>
              Endpoint URL to use instead of AWS, such as that of an emulator

    Deployment:
          --parameter <NAME=VALUE>
              Value of a template parameter (may be repeated); a parameter that is not given keeps its
              value, or gets its default

          --parameters-file <FILE>
              JSON file with `Parameters`, `Tags` and `StackPolicy`, as for CodePipeline, or a list of
              parameters, as for the AWS CLI

          --tag <KEY=VALUE>
              Tag of the stacks, in addition to those of the definitions (may be repeated)

          --role-arn <ARN>
              Role for CloudFormation to assume; the stack keeps using it

          --notification-arn <ARN>
              SNS topic for the events of the stacks (may be repeated); without it, the topics are
              unchanged

          --no-notifications
              Remove all notification topics

          --on-failure <ACTION>
              What to do when an operation fails

              Possible values:
              - rollback:   Roll back the operation
              - do-nothing: Keep the stack in its failed state
              - delete:     Delete the stack; only for a stack that is being created

              [default: rollback]

          --rollback-alarm <ARN>
              CloudWatch alarm that rolls back the update if it goes off (may be repeated)

          --rollback-monitoring <MINUTES>
              Minutes to keep monitoring the alarms after the update

          --stack-policy-during-update <FILE>
              JSON file with a stack policy for this update alone; the defined policy is set again when
              it has ended

          --bucket <NAME>
              Bucket for templates larger than 51,200 bytes, in the region of the stacks

          --backup-first
              Make an on-demand backup of every table that is replaced or removed, and wait until it can
              be restored

          --wait <STATE>
              How far to follow the deployment

              Possible values:
              - active: Until every table and index is ACTIVE
              - stack:  Until CloudFormation is done
              - none:   Until CloudFormation has accepted the operation

              [default: active]

          --wait-for-idle <TIME>
              How long to wait for another operation on a stack to end, such as `10m`

          --timeout <TIME>
              How long to wait for the plan, for each operation, and for tables and indexes after it,
              such as `1h30m`

          --on-timeout <ACTION>
              What to do on timeout

              Possible values:
              - detach: Exit; the operation continues in CloudFormation
              - cancel: Cancel the operation, which rolls it back

              [default: detach]

          --on-interrupt <ACTION>
              What to do on the first Ctrl-C or SIGTERM; the second one exits at once

              Possible values:
              - detach: Exit; the operation continues in CloudFormation
              - cancel: Cancel the operation, which rolls it back

              [default: detach]

          --output <FORMAT>
              Output format of the progress

              Possible values:
              - auto:   A live tree on a terminal, otherwise lines
              - tree:   A live tree
              - lines:  One line for each event
              - ndjson: A JSON object for each event, on stdout
              - github: Lines, with the groups and annotations of GitHub Actions

              [default: auto]

    Project:
          --stacks <DIR>
              Directory of the stacks crate (default: `stacks` here or in a parent directory)

      -e, --env <NAME>
              Environment of tablewright.toml (default: its `default_env`)

          --fresh
              Always ask cargo whether the stacks crate is up to date

    Output:
          --color <WHEN>
              When to use color

              [default: auto]
              [possible values: auto, always, never]

      -q, --quiet
              Print only errors
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
    List stacks, tables, keys and indexes

    Usage: tablewright list [OPTIONS]

    Options:
          --deployed  Also list stacks that are deployed under a name of this project and that are not
                      defined
      -h, --help      Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["local", "up"]), @"
    Create the tables of the stacks from the definitions, and update existing ones

    Usage: tablewright local up [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks whose tables to create (default: all)

    Options:
          --endpoint-url <URL>  Endpoint to create the tables in, such as http://127.0.0.1:8000
          --sandbox             Create the tables in the project's sandbox
          --dry-run             Send and write nothing; print a document for `aws dynamodb create-table
                                --cli-input-json` for each table
          --env-json <FILE>     Write the table names to this file, for `sam local --env-vars`; other
                                entries are kept
      -h, --help                Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["check"]), @"
    Check the definitions against the rules of DynamoDB and CloudFormation, and against a policy

    Usage: tablewright check [OPTIONS]

    Options:
          --policy <PROFILE>  Also check the definitions against the requirements of a profile:
                              recovery, protection, keys, tags [possible values: dev, safe, hardened]
          --online            Also ask CloudFormation, without executing anything: names in use, quotas,
                              its validation, hooks
      -h, --help              Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["render"]), @"
    Write the CloudFormation templates to stdout or to a directory

    Usage: tablewright render [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks to render (default: all)

    Options:
          --out <DIR>        Directory for the templates, to be committed and reviewed
          --check            Write nothing; exit with code 8 if a template in `--out DIR` is stale
          --format <FORMAT>  Format of the templates on stdout [default: yaml] [possible values: yaml,
                             json, json-compact, include, nested]
      -h, --help             Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["diff"]), @"
    Show the changes of stacks, and their effect on the data

    Usage: tablewright diff [OPTIONS] [STACK]...

    Arguments:
      [STACK]...  Stacks to compare (default: all)

    Options:
          --against <SOURCE>  What to compare with [default: deployed]
          --of <SOURCE>       What to judge [default: definitions]
          --allow-empty-base  Take every stack for new where a revision has no folder of rendered
                              templates
          --all-envs          Compare in every environment of tablewright.toml
      -h, --help              Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["watch"]), @"
    Follow the latest operation of a stack from its first event, whether it is running or has ended

    Usage: tablewright watch [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  Stack, by its id in the definitions

    Options:
          --stack-name <NAME>  Any stack, by its CloudFormation name or ARN; the definitions are not
                               needed
          --output <FORMAT>    Output format of the progress [default: auto] [possible values: auto,
                               tree, lines, ndjson, github]
      -h, --help               Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["destroy"]), @"
    Delete a stack, after showing what is deleted and what is retained

    Usage: tablewright destroy [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  Stack, by its id in the definitions

    Options:
          --stack-name <NAME>
              Any stack, by its CloudFormation name or ARN; the definitions are not needed
      -y, --yes
              Do not ask for confirmation
          --allow-data-loss <ENV/STACK/TABLE>
              Allow the deletion of this table with its items (may be repeated)
          --backup-first
              Make an on-demand backup of every table that is deleted, and wait until it can be restored
          --timeout <TIME>
              How long to follow the deletion, and to wait for each backup before it, such as `1h30m`
          --output <FORMAT>
              Output format of the progress [default: auto] [possible values: auto, tree, lines, ndjson,
              github]
      -h, --help
              Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["outputs"]), @"
    Print the outputs of a stack

    Usage: tablewright outputs [OPTIONS] <STACK|--stack-name <NAME>>

    Arguments:
      [STACK]  Stack, by its id in the definitions

    Options:
          --stack-name <NAME>  Any stack, by its CloudFormation name or ARN; the definitions are not
                               needed
          --format <FORMAT>    Format of the outputs [default: text] [possible values: text, json,
                               dotenv, github]
      -h, --help               Print help (see more with '--help')
    ");
    assert_snapshot!(own(&["sandbox"]), @"
    Serve the sandbox, which simulates CloudFormation and DynamoDB, to other tools, or reset it

    Usage: tablewright sandbox [OPTIONS] <COMMAND>

    Commands:
      serve   Serve the sandbox on a loopback port, for the AWS CLI, boto3 and any SDK
      reset   Delete everything in the sandbox
      status  Show where the sandbox is stored

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["sandbox", "serve"]), @"
    Serve the sandbox on a loopback port, for the AWS CLI, boto3 and any SDK

    Usage: tablewright sandbox serve [OPTIONS]

    Options:
          --port <PORT>  Port (default: any free port) [default: 0]
      -h, --help         Print help
    ");
    assert_snapshot!(own(&["sandbox", "reset"]), @"
    Delete everything in the sandbox

    Usage: tablewright sandbox reset [OPTIONS]

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own(&["sandbox", "status"]), @"
    Show where the sandbox is stored

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
fn wrong_command_lines() {
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
    error: the argument '--out <DIR>' cannot be used with '--format <FORMAT>'

    Usage: tablewright render --out <DIR> [STACK]...

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["render", "--format", "toml"]), @"
    exit code 2
    --- stderr
    error: invalid value 'toml' for '--format <FORMAT>'
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
