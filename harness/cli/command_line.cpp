#include "harness/cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace timetrial::cli {

Option Option::required() { return Option(option_->required()); }
Option Option::group(const std::string& title) { return Option(option_->group(title)); }
Option Option::excludes(const std::string& other) { return Option(option_->excludes(other)); }
Option Option::show_default() { return Option(option_->capture_default_str()); }

CommandLine CommandLine::add_subcommand(const std::string& name, const std::string& description) {
  return CommandLine(*app_->add_subcommand(name, description));
}

void CommandLine::require_subcommand() { app_->require_subcommand(1); }

template <typename Value>
Option CommandLine::add_option(const std::string& name, Value& value,
                               const std::string& description) {
  return Option(app_->add_option(name, value, description));
}

template Option CommandLine::add_option(const std::string&, std::string&, const std::string&);
template Option CommandLine::add_option(const std::string&, std::filesystem::path&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, int&, const std::string&);
template Option CommandLine::add_option(const std::string&, std::int64_t&, const std::string&);
template Option CommandLine::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option CommandLine::add_option(const std::string&, double&, const std::string&);
template Option CommandLine::add_option(const std::string&, std::optional<int>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::optional<std::int64_t>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::optional<double>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::optional<std::string>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::vector<double>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::vector<std::string>&,
                                        const std::string&);
template Option CommandLine::add_option(const std::string&, std::vector<std::filesystem::path>&,
                                        const std::string&);

Option CommandLine::add_option(const std::string& name,
                               std::function<void(const std::string&)> take,
                               const std::string& description) {
  return Option(app_->add_option_function<std::string>(name, std::move(take), description));
}

Option CommandLine::add_flag(const std::string& name, bool& value, const std::string& description) {
  return Option(app_->add_flag(name, value, description));
}

void CommandLine::footer(const std::string& text) { app_->footer(text); }

void CommandLine::callback(std::function<void()> action) { app_->callback(std::move(action)); }

std::vector<CommandLine::Words> CommandLine::all_words(const std::string& path) const {
  std::vector<Words> all{{path, {}}};
  const auto subcommands = app_->get_subcommands([](const CLI::App*) { return true; });
  for (const auto* sub : subcommands) all.front().words.push_back(sub->get_name());
  for (const auto* option : app_->get_options()) {
    for (const auto& name : option->get_lnames()) all.front().words.push_back("--" + name);
  }
  for (auto* sub : subcommands) {
    for (auto& words : CommandLine(*sub).all_words(path + " " + sub->get_name())) {
      all.push_back(std::move(words));
    }
  }
  return all;
}

}  // namespace timetrial::cli
