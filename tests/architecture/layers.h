#pragma once
// Which folder may include which: the layer table of docs/architecture.md, checked against the
// #include lines of the tree.
//
// Rules, all on the text of the files, so that code which this machine cannot build is checked too:
//   1  a folder includes only its own files and those of folders with a lower number
//   2  files of a folder without "torch" reach no LibTorch header, directly or through others
//   3  a submission includes its own files, the SDK, LibTorch and the standard library, nothing
//   else 4  every folder with sources is in the table; includes name files from the root of the
//   tree

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::architecture {

/// One folder of the table; "workloads/*" stands for every other subfolder of workloads.
struct Layer {
  std::string folder;
  int number = 0;
  bool torch = false;
};

/// Reads lines "number folder [torch]" between "```layers" and "```". Throws std::runtime_error for
/// a malformed line or no block.
std::vector<Layer> parse_layers(const std::string& document);

/// One line "file:line: what is wrong" per violation below `root`, sorted.
std::vector<std::string> violations(const std::filesystem::path& root,
                                    const std::vector<Layer>& layers);

/// All C++ files of the folders that the rules speak of, relative to `root`, sorted.
std::vector<std::string> source_files(const std::filesystem::path& root);

}  // namespace timetrial::architecture
