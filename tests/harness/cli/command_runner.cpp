#include "command_runner.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace timetrial::cli {
namespace {

std::string read_all(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

CommandRunner::CommandRunner() {
  std::string pattern = (std::filesystem::temp_directory_path() / "timetrial-cli-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  std::filesystem::create_directories(folder_ / "bin");
  std::filesystem::copy_file(TIMETRIAL_EXECUTABLE, folder_ / "bin" / "timetrial");
}

CommandRunner::~CommandRunner() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void CommandRunner::write_sibling(const std::string& name, const std::string& script) const {
  const auto file = folder_ / "bin" / name;
  std::ofstream(file) << "#!/bin/sh\n" << script;
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

CommandResult CommandRunner::run(const std::string& arguments, const std::string& environment,
                                 const std::string& program) const {
  const std::string command = "cd '" + folder_.string() + "' && env -i PATH=\"$PATH\" HOME='" +
                              folder_.string() + "' " + environment + " '" + program + "' " +
                              arguments + " >out.txt 2>err.txt";
  const int status = std::system(command.c_str());
  CommandResult result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_all(folder_ / "out.txt");
  result.err = read_all(folder_ / "err.txt");
  return result;
}

}  // namespace timetrial::cli
