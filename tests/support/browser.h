#pragma once
// Headless Chromium on a page made for a test, without network.
//
//   const auto visit = Browser(folder).open(page, {.width = 390, .dark = true});
//   visit.dom, visit.log, visit.probe, visit.picture

#include "tests/support/png_reader.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace timetrial::test {

struct View {
  int width = 1280, height = 1200;
  bool dark = false;
  std::string address = {};  ///< after the '#'
  bool picture = false;
};

struct Visit {
  std::string dom;       ///< after all scripts ran; of a narrow view only the frame around it
  std::string log;       ///< what the browser had to say
  nlohmann::json probe;  ///< what the page's probe(value) was given last; null: nothing
  Picture picture;
};

class Browser {
 public:
  /// Keeps its profile and files in `folder`.
  explicit Browser(std::filesystem::path folder) : folder_(std::move(folder)) {}

  static bool installed();
  /// `script` runs after the page's own; it may call probe(value).
  Visit open(const std::string& page, const std::string& script = {}, const View& view = {}) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace timetrial::test
