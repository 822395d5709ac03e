// Every input of the corpus, and every cut of it, through the readers: malformed ones were found by
// hand or by the fuzzers.
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/readers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace timetrial::fuzz {
namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void run(const std::string& kind, void (*read)(std::string_view)) {
  const auto folder = std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/fuzz/corpus" / kind;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    const auto bytes = read_file(entry.path());
    read(bytes);
    constexpr std::size_t kCuts = 16;
    for (std::size_t cut = 1; cut < kCuts; ++cut) {
      read(std::string_view(bytes).substr(0, cut * bytes.size() / kCuts));
    }
    ++files;
  }
  EXPECT_GT(files, 2);
}

TEST(FuzzCorpus, MeasurementFiles) { run("csv", algoperf::fuzz::read_csv); }
TEST(FuzzCorpus, JsonFiles) { run("json", algoperf::fuzz::read_json); }
TEST(FuzzCorpus, Archives) { run("archive", algoperf::fuzz::read_archive); }
TEST(FuzzCorpus, Messages) { run("message", read_message); }
TEST(FuzzCorpus, TensorFiles) { run("safetensors", read_safetensors); }
TEST(FuzzCorpus, SubmissionLibraries) { run("library", read_library); }
TEST(FuzzCorpus, RuleSets) { run("rules", read_rules); }
TEST(FuzzCorpus, SearchSpaces) { run("space", read_space); }
TEST(FuzzCorpus, Manifests) { run("manifest", read_manifest); }

}  // namespace
}  // namespace timetrial::fuzz
