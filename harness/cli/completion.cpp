// timetrial completion bash | zsh | fish: a completion script made from the commands themselves.
#include "harness/cli/command.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace timetrial::cli::completion_command {
namespace {

using Completion = CommandLine::Words;

/// The shell function finds the longest command path among the words typed so far. Zsh runs it too,
/// so its variables keep clear of zsh's special ones (path, words).
std::string bash_script(const std::vector<Completion>& completions) {
  std::string cases;
  for (const auto& completion : completions) {
    cases += fmt::format("    '{}') offered='{}' ;;\n", completion.path,
                         fmt::join(completion.words, " "));
  }
  return fmt::format(R"(_timetrial() {{
  local typed=timetrial offered='' next i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    next="$typed ${{COMP_WORDS[i]}}"
    _timetrial_words "$next" && typed=$next
  done
  _timetrial_words "$typed"
  COMPREPLY=($(compgen -W "$offered" -- "${{COMP_WORDS[COMP_CWORD]}}"))
  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
_timetrial_words() {{
  case $1 in
{}    *) return 1 ;;
  esac
}}
complete -F _timetrial timetrial
)",
                     cases);
}

std::string fish_script(const std::vector<Completion>& completions) {
  std::string script = "complete -c timetrial -e\n";
  for (const auto& completion : completions) {
    const auto below = completion.path.substr(std::string("timetrial").size());
    // Every command of the path has been typed.
    std::string condition = below.empty() ? "__fish_use_subcommand" : "true";
    for (std::size_t at = 1; at < below.size();) {
      const auto end = std::min(below.find(' ', at), below.size());
      condition += "; and __fish_seen_subcommand_from " + below.substr(at, end - at);
      at = end + 1;
    }
    for (const auto& word : completion.words) {
      script +=
          word.starts_with("--")
              ? fmt::format("complete -c timetrial -n '{}' -l {}\n", condition, word.substr(2))
              : fmt::format("complete -c timetrial -n '{}' -a {}\n", condition, word);
    }
  }
  return script;
}

std::string zsh_script(const std::vector<Completion>& completions) {
  return "#compdef timetrial\nautoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(completions);
}

void add(CommandLine app, Program&) {
  auto command = app.add_subcommand("completion", "Print a completion script for your shell");
  command.require_subcommand();
  command.footer(
      "bash: source <(timetrial completion bash)\n"
      "zsh:  source <(timetrial completion zsh)\n"
      "fish: timetrial completion fish | source");
  using Script = std::string (*)(const std::vector<Completion>&);
  const auto shell = [&](const char* name, Script script) {
    command.add_subcommand(name, fmt::format("For {}", name)).callback([app, script] {
      const auto completions = app.all_words("timetrial");
      fmt::print("{}", script(completions));
    });
  };
  shell("bash", bash_script);
  shell("zsh", zsh_script);
  shell("fish", fish_script);
}

[[maybe_unused]] const bool registered = add_command({"completion", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::completion_command
