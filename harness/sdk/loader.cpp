#include "harness/sdk/loader.h"

#include "harness/trial/error.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/core.h>

#include <cstdlib>
#include <string_view>

namespace timetrial::sdk {
namespace {

/// "foo(int)" for "_Z3fooi"; names that are not C++'s stay as they are.
std::string demangle(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : symbol;
}

/// What dlerror said, without the path that our message starts with anyway, and the remedy.
std::string explain(std::string_view reason, const std::string& path) {
  if (reason.starts_with(path + ": ")) reason.remove_prefix(path.size() + 2);
  constexpr std::string_view kUndefined = "undefined symbol: ";
  if (!reason.starts_with(kUndefined)) {
    return fmt::format("{}; rebuild it on this machine", reason);
  }
  reason.remove_prefix(kUndefined.size());
  const auto symbol = reason.substr(0, reason.find_first_of(" \t,"));
  return fmt::format(
      "missing symbol '{}', which neither it nor LibTorch defines; add its source to "
      "timetrial_add_submission() and rebuild",
      demangle(std::string(symbol)));
}

}  // namespace

SubmissionLibrary::SubmissionLibrary(const std::filesystem::path& file)
    : file_(submission_file::read_record(file)) {
  submission_file::check_compatible(file_);
  // An absolute path: dlopen looks for a bare name in the system's folders.
  const std::string path = std::filesystem::absolute(file).string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    throw InputError(fmt::format("{}: cannot be loaded: {}", file.string(),
                                 explain(reason == nullptr ? "unknown reason" : reason, path)));
  }
  record_ = static_cast<const ExportRecord*>(dlsym(library, kExportSymbol));
  if (record_ == nullptr) {
    throw InputError(
        fmt::format("{}: does not export '{}'; end its source with "
                    "TIMETRIAL_SUBMISSION(Class, \"name\", \"author\")",
                    file.string(), kExportSymbol));
  }
}

SubmissionPtr SubmissionLibrary::create() const {
  return SubmissionPtr(record_->create(), record_->destroy);
}

}  // namespace timetrial::sdk
