// bytes_lm's data from package to files.
#include "workloads/lm/python_sources.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "workloads/workload.h"

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / ("timetrial_python_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::string contents(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

TEST(PythonSources, AFileIsADocument) {
  const auto folder = fresh_folder("documents");
  put(folder / "a.py", "import a\n");
  put(folder / "below/b.py", "\xc3\xa9\n");
  put(folder / "below/copy.py", "import a\n");
  put(folder / "below/__init__.py", "");
  put(folder / "data.txt", "no source\n");
  std::set<std::string> found;
  for (const auto& document : read_python_sources(folder)) {
    found.insert(document.headword + ": " + document.text);
  }
  EXPECT_THAT(found, testing::ElementsAre("a.py: import a\n", "below/b.py: \xc3\xa9\n"));
}

TEST(PythonSources, SamplesAreSpreadOverTheText) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>('a' + i / 1000);
  const std::string sample = spread_sample(text, 5 * 1024, "validation");
  EXPECT_EQ(sample.size(), 5 * 1024 + 1);
  // Five pieces, each from where a fifth of the text begins.
  for (int piece = 0; piece < 5; ++piece) {
    EXPECT_EQ(sample[static_cast<std::size_t>(piece * 1024 + 2)], 'a' + 2 * piece);
  }
  EXPECT_EQ(spread_sample("abcde", 4, "x"), "abcde");
  try {
    spread_sample("abcde", 5, "held_back/test.safetensors");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("held_back/test.safetensors: the sources give 5 bytes for "
                                        "this split, expected at least 6; fetch the PyPI package"));
  }
}

TEST(PythonSources, MissingFoldersAreNamed) {
  try {
    read_python_sources("/nowhere/networkx");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/networkx: expected a folder of Python sources"));
  }
}

TEST(BytesLm, PreparesTheSameBytesTwiceAndKeepsTheHalvesApart) {
  const auto packages = fresh_folder("package");
  for (int i = 0; i < 600; ++i) {
    std::string text;
    for (int line = 0; line < 60; ++line) {
      text += "file_" + std::to_string(i) + " = " + std::to_string(line) + "\n";
    }
    put(packages / "networkx/networkx" / ("file_" + std::to_string(i) + ".py"), text);
  }
  const auto workload = workloads::find("bytes_lm").make();
  const auto a = fresh_folder("a"), b = fresh_folder("b");
  workload->prepare(packages, a);
  workload->prepare(packages, b);
  for (const char* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    SCOPED_TRACE(file);
    EXPECT_EQ(contents(a / file), contents(b / file));
    EXPECT_GT(fs::file_size(a / file), 8000u);
  }
  const auto files_in = [&](const char* file) {
    std::set<std::string> names;
    std::istringstream words(contents(a / file));
    for (std::string word; words >> word;) {
      if (word.starts_with("file_")) names.insert(word);
    }
    return names;
  };
  const auto training = files_in("training/train.safetensors");
  for (const char* file : {"held_back/validation.safetensors", "held_back/test.safetensors"}) {
    const auto held_back = files_in(file);
    EXPECT_GT(held_back.size(), 10u);
    for (const auto& name : held_back) {
      // The cut at the end of a piece leaves the beginning of a name.
      EXPECT_TRUE(training.count(name) == 0 || name.size() < 8) << name;
    }
  }
  EXPECT_EQ(workload->facts().dataset, "python_sources");
  EXPECT_EQ(workload->open_evaluation(a / "held_back")->size(workloads::Split::validation), 384);
}

}  // namespace
}  // namespace timetrial::lm
