#include "harness/cli/sibling_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace timetrial::cli {
namespace {

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  return variables;
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return text;
    if (count > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "read");
    }
  }
}

}  // namespace

SiblingResult run_sibling(const Program& program, const std::string& name,
                          const std::vector<std::string>& arguments) {
  int ends[2] = {-1, -1};
  const auto executable = sibling(program, name);
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const protocol::FileDescriptor reading(ends[0]);
  protocol::FileDescriptor writing(ends[1]);
  sandbox::SpawnOptions options;
  options.executable = executable;
  options.arguments = arguments;
  options.environment = own_environment();
  options.standard_output = writing.get();
  options.standard_error = STDERR_FILENO;
  options.new_session = false;  // Ctrl-C is meant for it too
  const auto child = sandbox::spawn(options);
  writing.reset();
  auto output = read_to_end(reading.get());
  return {sandbox::wait_for(child.pid), std::move(output)};
}

bool succeeded(const SiblingResult& result) {
  return !result.status.signaled && result.status.code == 0;
}

}  // namespace timetrial::cli
