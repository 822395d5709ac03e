#pragma once
// How a subcommand joins the program: one file per subcommand, which parses, checks, calls, prints.
//
//   void add(CommandLine app, Program& program) {
//     auto command = app.add_subcommand("doctor", "Say what is missing and how to get it");
//     auto options = std::make_shared<Options>();
//     command.add_option(…);
//     command.callback([&program, options] { program.exit_code = doctor(*options); });
//   }
//   const bool registered = add_command({"doctor", Group::upkeep, add});
//
// Errors are thrown (InputError: exit code 2) and printed in one place, main.cpp. The answer goes
// to stdout, progress and remarks to stderr.

#include "harness/cli/command_line.h"
#include "harness/trial/error.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::cli {

struct Program {
  ExitCode exit_code = ExitCode::done;
  std::filesystem::path bin_dir;  ///< where this executable and its siblings lie
};

enum class Group { run, results, discovery, upkeep };

struct Command {
  std::string name;
  Group group = Group::run;
  void (*add)(CommandLine app, Program& program) = nullptr;
};

/// Called by each subcommand's file before main; returns true.
bool add_command(Command command);

// --- where things are: flag > environment > default (docs/files.md)
// --------------------------------

/// Prepared data: TIMETRIAL_DATA, else $XDG_CACHE_HOME/timetrial/data, else
/// ~/.cache/timetrial/data.
std::filesystem::path default_data_dir();
/// The store: TIMETRIAL_STORE, else $XDG_DATA_HOME/timetrial/timetrial.db, else
/// ~/.local/share/timetrial/timetrial.db.
std::filesystem::path default_store();
/// Built-in submissions: TIMETRIAL_SUBMISSIONS, else <bin>/../submissions, else
/// <bin>/../lib/timetrial/submissions.
std::filesystem::path default_submissions_dir(const Program& program);
/// A sibling executable such as "timetrial-worker". Throws InputError when it is not there.
std::filesystem::path sibling(const Program& program, const std::string& name);

}  // namespace timetrial::cli
