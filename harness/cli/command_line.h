#pragma once
// The arguments of a command, as a subcommand's file declares them. CLI11 does the work; it is
// headers only, and a file that includes it takes 8 s to compile, so it is named in
// command_line.cpp and main.cpp alone.
//
//   auto part = command.add_subcommand("query", "Run one reading SQL statement");
//   part.add_option("--sql", options->sql, "The statement").required();
//   part.add_flag("--json", options->json, "Print JSON");
//   part.callback([options] { query(*options); });
//
// Handles: cheap to copy, valid as long as the program's CLI::App. Values that are bound must live
// until the callback has run.

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace timetrial::cli {

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option required();
  Option group(const std::string& title);  ///< the heading in --help
  Option excludes(const std::string& other);
  Option show_default();  ///< in --help, as the bound value is now

 private:
  CLI::Option* option_;
};

class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_(&app) {}

  CommandLine add_subcommand(const std::string& name, const std::string& description);
  void require_subcommand();
  /// `name`: "-o,--out" for an option, "NAME" for a positional argument. Value types: text, path,
  /// int, std::int64_t, std::uint64_t, double, optionals and vectors of these (command_line.cpp
  /// lists them).
  template <typename Value>
  Option add_option(const std::string& name, Value& value, const std::string& description);
  /// For a word that must be understood; `take` throws InputError.
  Option add_option(const std::string& name, std::function<void(const std::string&)> take,
                    const std::string& description);
  Option add_flag(const std::string& name, bool& value, const std::string& description);
  void footer(const std::string& text);
  void callback(std::function<void()> action);

  /// The same command below it, and all below that: its words for completion.
  struct Words {
    std::string path;                ///< "timetrial sweep start"
    std::vector<std::string> words;  ///< its subcommands and long flags
  };
  std::vector<Words> all_words(const std::string& path) const;

 private:
  CLI::App* app_;
};

}  // namespace timetrial::cli
