// timetrial: parses, calls a subcommand, prints errors in one place. Loads no LibTorch.
#include "harness/cli/command.h"
#include "harness/trial/suggest.h"
#include "harness/version/version.h"

#include <fmt/core.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <system_error>

namespace timetrial::cli {
namespace {

std::vector<Command>& commands() {
  static std::vector<Command> list;
  return list;
}

const char* title(Group group) {
  switch (group) {
    case Group::run:
      return "Run";
    case Group::results:
      return "Results";
    case Group::discovery:
      return "Workloads and submissions";
    case Group::upkeep:
      return "Machine and store";
  }
  return "";
}

std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::filesystem::path(value)
                                            : std::filesystem::path();
}

std::filesystem::path xdg(const char* variable, const char* below_home) {
  const auto base = from_environment(variable);
  if (!base.empty()) return base / "timetrial";
  const auto home = from_environment("HOME");
  if (home.empty()) {
    throw InputError(std::string("neither ") + variable +
                     " nor HOME is set; set one, or give the path as an option");
  }
  return home / below_home / "timetrial";
}

/// CLI11 has no nearest names to offer for a word that is no command.
void check_command(const std::string& word) {
  if (word.empty() || word.starts_with('-')) return;
  std::vector<std::string> names;
  for (const auto& command : commands()) {
    if (command.name == word) return;
    names.push_back(command.name);
  }
  throw InputError(unknown_name("command", word, names));
}

int run(int argc, char** argv) {
  Program program;
  program.bin_dir = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  CLI::App app{"Which training algorithm reaches a good model first, on this hardware?",
               "timetrial"};
  app.require_subcommand(1);
  app.set_version_flag(
      "--version", [&] { return version::answer("timetrial", argc, argv); },
      "Show versions of this build (with --json: as JSON)");
  app.footer(
      "Examples:\n"
      "  timetrial run lion fashion_mnist_vit\n"
      "  timetrial sweep start mine -s adamw -s lion -w 'fashion_*' --trials 2\n"
      "  timetrial report --out report.html\n\n"
      "Exit codes: 0 done, 1 failed, 2 bad input, 3 some trials failed, 4 a check failed,\n"
      "130/143 interrupted with its state saved.");
  for (const auto group : {Group::run, Group::results, Group::discovery, Group::upkeep}) {
    for (const auto& command : commands()) {
      if (command.group != group) continue;
      command.add(CommandLine(app), program);
      app.get_subcommand(command.name)->group(title(group));
    }
  }
  check_command(argc > 1 ? argv[1] : "");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}", version.what());
    return static_cast<int>(ExitCode::done);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "timetrial: {}\nTry: timetrial --help\n", error.what());
    return static_cast<int>(ExitCode::bad_input);
  }
  return static_cast<int>(program.exit_code);
}

}  // namespace

bool add_command(Command command) {
  commands().push_back(std::move(command));
  std::sort(commands().begin(), commands().end(),
            [](const Command& a, const Command& b) { return a.name < b.name; });
  return true;
}

std::filesystem::path default_data_dir() {
  const auto given = from_environment("TIMETRIAL_DATA");
  return given.empty() ? xdg("XDG_CACHE_HOME", ".cache") / "data" : given;
}

std::filesystem::path default_store() {
  const auto given = from_environment("TIMETRIAL_STORE");
  return given.empty() ? xdg("XDG_DATA_HOME", ".local/share") / "timetrial.db" : given;
}

std::filesystem::path default_submissions_dir(const Program& program) {
  const auto given = from_environment("TIMETRIAL_SUBMISSIONS");
  if (!given.empty()) return given;
  const auto built = program.bin_dir.parent_path() / "submissions";
  if (std::filesystem::is_directory(built)) return built;
  return program.bin_dir.parent_path() / "lib" / "timetrial" / "submissions";
}

std::filesystem::path sibling(const Program& program, const std::string& name) {
  auto file = program.bin_dir / name;
  if (!std::filesystem::exists(file)) {
    throw InputError(file.string() + ": not found beside timetrial; build or install it too");
  }
  return file;
}

}  // namespace timetrial::cli

int main(int argc, char** argv) {
  try {
    return timetrial::cli::run(argc, argv);
  } catch (const timetrial::InputError& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::bad_input);
  } catch (const std::exception& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::failed);
  }
}
