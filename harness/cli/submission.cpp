// timetrial submission list | show | new | check: the training algorithms, as libraries.
#include "harness/cli/submission.h"

#include "harness/cli/conformance.h"
#include "harness/skeleton/skeleton.h"
#include "harness/trial/suggest.h"
#include "harness/tuning/space_files.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

/// Its own; empty if it has none.
fs::path search_space_of(const fs::path& library) {
  return tuning::own_search_space(library).value_or("");
}

/// A library with what keeps it from being used; empty when nothing does.
struct Row {
  submission_file::SubmissionFile file;
  std::string problem;
};

Row describe(const fs::path& library) {
  Row row;
  row.file.path = library;
  try {
    row.file = submission_file::read_record(library);
    submission_file::check_compatible(row.file);
  } catch (const InputError& error) {
    row.problem = error.what();
  }
  return row;
}

nlohmann::json to_json(const Row& row) {
  const auto& file = row.file;
  return {{"name", file.name},
          {"author", file.author},
          {"library", file.path},
          {"sdk", file.sdk},
          {"libtorch", file.libtorch},
          {"compiler", file.compiler},
          {"usable", row.problem.empty()},
          {"problem", row.problem},
          {"search_space", search_space_of(file.path)},
          {"other_search_spaces", tuning::named_search_spaces(file.path)}};
}

ExitCode list(const fs::path& directory, bool json) {
  std::vector<Row> rows;
  for (const auto& library : libraries_in(directory)) rows.push_back(describe(library));
  if (json) {
    auto array = nlohmann::json::array();
    for (const auto& row : rows) array.push_back(to_json(row));
    fmt::print("{}\n", nlohmann::json{{"submissions", array}}.dump(2));
    return ExitCode::done;
  }
  fmt::print("{:<24} {:<24} {:<8} {}\n", "NAME", "AUTHOR", "SDK", "SEARCH SPACE");
  for (const auto& row : rows) {
    if (!row.problem.empty()) {
      fmt::print("{:<24} cannot be used: {}\n", row.file.path.stem().string(), row.problem);
      continue;
    }
    const auto space = search_space_of(row.file.path);
    fmt::print("{:<24} {:<24} {:<8} {}\n", row.file.name, row.file.author, row.file.sdk,
               space.empty() ? "none: self-tuning only" : space.filename().string());
  }
  if (rows.empty()) fmt::print(stderr, "no submissions in {}\n", directory.string());
  return ExitCode::done;
}

ExitCode show(const fs::path& library, bool json) {
  const auto file = submission_file::read_record(library);
  submission_file::check_compatible(file);
  const auto space = search_space_of(library);
  std::string text;
  if (!space.empty()) {
    std::ifstream in(space);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  if (json) {
    auto object = to_json({file, ""});
    object["search_space_text"] = text;
    fmt::print("{}\n", object.dump(2));
    return ExitCode::done;
  }
  fmt::print("name          {}\nauthor        {}\nlibrary       {}\n", file.name, file.author,
             library.string());
  fmt::print("built with    SDK {}, LibTorch {}, {}\n", file.sdk, file.libtorch, file.compiler);
  const auto others = tuning::named_search_spaces(library);
  if (!others.empty()) fmt::print("others        {}\n", fmt::join(others, ", "));
  fmt::print("search space  {}\n{}", space.empty() ? "none: self-tuning only" : space.string(),
             text);
  return ExitCode::done;
}

ExitCode create(const Program& program, const std::string& name, const fs::path& directory) {
  const auto folder = skeleton::write_submission(name, directory);
  const auto prefix = program.bin_dir.parent_path().string();
  fmt::print(
      "{0}: written. Build and check it:\n"
      "  cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH={1}\n"
      "  cmake --build {0}/build\n"
      "  {2} submission check {0}/build/submissions/{3}.so\n",
      folder.string(), prefix, (program.bin_dir / "timetrial").string(), name);
  return ExitCode::done;
}

struct SubmissionCheck {
  fs::path library;
  std::string search_space;  ///< file or word; empty: no hyperparameters but the trajectories'
  std::vector<fs::path> trajectories;
  bool json = false;
};

ExitCode check_submission(const Program& program, const SubmissionCheck& check) {
  // Here as well as there: a file that is no submission is told at once.
  submission_file::check_compatible(submission_file::read_record(check.library));
  std::vector<std::string> arguments{"submission", check.library};
  if (!check.search_space.empty()) {
    arguments.insert(arguments.end(), {"--search-space", check.search_space});
  }
  for (const auto& file : check.trajectories) {
    arguments.insert(arguments.end(), {"--trajectory", file});
  }
  return run_and_print_checks(program, arguments, check.json);
}

void add_list(CommandLine command, Program& program) {
  struct Options {
    fs::path directory;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto sub = command.add_subcommand("list", "Show the submissions of a folder");
  sub.add_option("--dir", options->directory, "Folder (TIMETRIAL_SUBMISSIONS, the built-in ones)");
  sub.add_flag("--json", options->json, "Print JSON");
  sub.callback([&program, options] {
    if (options->directory.empty()) options->directory = default_submissions_dir(program);
    program.exit_code = list(options->directory, options->json);
  });
}

void add_show(CommandLine command, Program& program) {
  struct Options {
    std::string submission;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto sub = command.add_subcommand("show", "Show what a submission says of itself");
  sub.add_option("SUBMISSION", options->submission, "NAME of a built-in one, or FILE.so")
      .required();
  sub.add_flag("--json", options->json, "Print JSON");
  sub.callback([&program, options] {
    program.exit_code = show(find_submission(program, options->submission), options->json);
  });
}

void add_new(CommandLine command, Program& program) {
  struct Options {
    std::string name;
    fs::path directory = ".";
  };
  auto options = std::make_shared<Options>();
  auto sub = command.add_subcommand("new", "Write the folder of a new submission");
  sub.add_option("NAME", options->name, "Its name, such as my_sgd").required();
  sub.add_option("--dir", options->directory, "Where to make the folder (here)");
  sub.callback([&program, options] {
    program.exit_code = create(program, options->name, options->directory);
  });
}

void add_check(CommandLine command, Program& program) {
  struct Options {
    std::string submission;
    SubmissionCheck check;
  };
  auto options = std::make_shared<Options>();
  auto sub = command.add_subcommand("check", "Run the conformance checks of a submission");
  sub.add_option("SUBMISSION", options->submission, "FILE.so, or NAME of a built-in one")
      .required();
  sub.add_option("--search-space", options->check.search_space,
                 "Its first point is used: a file, or the word of one that the submission brings "
                 "(NAME.search_space.json beside the library)");
  sub.add_option(
      "--trajectory", options->check.trajectories,
      "Recorded run to compare with: F.safetensors, or the F.json beside it; may be repeated");
  sub.add_flag("--json", options->check.json, "Print JSON");
  sub.callback([&program, options] {
    options->check.library = find_submission(program, options->submission);
    auto& space = options->check.search_space;
    space = space.empty() ? search_space_of(options->check.library)
                          : tuning::find_search_space(options->check.library, space);
    program.exit_code = check_submission(program, options->check);
  });
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("submission", "List, show, write and check submissions");
  command.require_subcommand();
  add_list(command, program);
  add_show(command, program);
  add_new(command, program);
  add_check(command, program);
}

[[maybe_unused]] const bool registered = add_command({"submission", Group::discovery, add});

}  // namespace

std::vector<fs::path> libraries_in(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".so") result.push_back(entry.path());
  }
  if (error) {
    throw InputError(directory.string() + ": " + error.message() +
                     "; build the submissions, or name their folder");
  }
  std::sort(result.begin(), result.end());
  return result;
}

fs::path find_submission(const Program& program, const std::string& text) {
  if (text.find('/') != std::string::npos || text.ends_with(".so")) return text;
  const auto directory = default_submissions_dir(program);
  const auto library = directory / (text + ".so");
  if (fs::exists(library)) return library;
  std::vector<std::string> known;
  for (const auto& file : libraries_in(directory)) known.push_back(file.stem().string());
  throw InputError(unknown_name("submission", text, known));
}

}  // namespace timetrial::cli
