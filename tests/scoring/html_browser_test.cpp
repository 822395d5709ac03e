// The HTML report in a real browser, where one is installed: headless Chromium, no network.
#include "scoring/exporters.h"
#include "tests/support/example_results.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace timetrial::scoring {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::string read(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A page as the browser has it after its script ran, and what the browser had to say.
struct Visit {
  std::string dom, log;
};

class HtmlBrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v chromium >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "chromium is not installed (apt-get install chromium)";
    }
    const auto results = test::example_results();
    const auto report = make_report(results, score(results), 0);
    page_ = to_html(report);
    data_ = nlohmann::json::parse(to_json(report));
  }

  /// `script` runs after the page's own.
  Visit visit(const std::string& script = "", int width = 1280) {
    std::string page = page_;
    if (!script.empty()) page.insert(page.rfind("</body>"), "<script>" + script + "</script>");
    std::ofstream(folder_ / "report.html") << page;
    const std::string command =
        "chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
        "--enable-logging=stderr --window-size=" +
        std::to_string(width) + ",1200 --user-data-dir=" + (folder_ / "profile").string() +
        " --dump-dom file://" + (folder_ / "report.html").string() + " >" +
        (folder_ / "dom").string() + " 2>" + (folder_ / "log").string();
    EXPECT_EQ(std::system(command.c_str()), 0) << read(folder_ / "log");
    return {read(folder_ / "dom"), read(folder_ / "log")};
  }

  test::TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
  std::string page_;
  nlohmann::json data_;
};

std::size_t count(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), expression), {}));
}

TEST_F(HtmlBrowser, DrawsEveryCurveWithoutAnErrorOrARequest) {
  for (const int width : {390, 1280}) {
    SCOPED_TRACE(width);
    const auto page = visit("", width);
    EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
    EXPECT_THAT(page.log, Not(HasSubstr("CONSOLE")));
    EXPECT_EQ(count(page.dom, "<circle class=\"ring\""), 11u);  // 12 cells, one of them not run
    EXPECT_EQ(count(page.dom, "<path class=\"line( thin)?\""),
              data_["profiles"].size() + data_["learning_curves"].size());
    EXPECT_EQ(count(page.dom, "<path class=\"cross\""), 2u);  // the crashed and the diverged trial
    EXPECT_EQ(count(page.dom, "<line class=\"target\""), data_["workloads"].size());
    EXPECT_THAT(page.dom, Not(HasSubstr("NaN")));
    EXPECT_EQ(count(page.dom, R"((src|href)="https?:)"), 0u);
  }
}

TEST_F(HtmlBrowser, ShowsTheNumbersOfTheJson) {
  const std::string dom = visit().dom;
  for (const auto& row : data_["leaderboard"]) {
    char shown[32];
    std::snprintf(shown, sizeof shown, ">%.4f</td>", row["score"].get<double>());
    EXPECT_THAT(dom, HasSubstr(shown));
  }
  for (const auto& cell : data_["times_to_target"]) {
    if (cell["time_s"].is_null()) continue;
    char shown[64];
    std::snprintf(shown, sizeof shown, ">%.2f s (%.2f×)</td>", cell["time_s"].get<double>(),
                  cell["ratio"].get<double>());
    EXPECT_THAT(dom, HasSubstr(shown));
  }
}

TEST_F(HtmlBrowser, SortsHidesAndSwitchesToSteps) {
  const auto page = visit(R"(
    const heads = document.querySelectorAll('#leaderboard-table th button');
    heads[2].click();                                        // by score, lowest first
    document.querySelector('input[value=step]').click();
    document.querySelector('.legend button').click();        // hides the best submission
    const rows = [...document.querySelectorAll('#leaderboard-table tbody tr')];
    document.body.dataset.order = rows.map((row) => row.cells[0].textContent).join(' ');
    document.body.dataset.sorted = heads[2].parentNode.getAttribute('aria-sort');
  )");
  EXPECT_THAT(page.dom, HasSubstr("data-order=\"4 3 2 1\""));
  EXPECT_THAT(page.dom, HasSubstr("data-sorted=\"ascending\""));
  EXPECT_THAT(page.dom, HasSubstr(">steps</text>"));
  EXPECT_THAT(page.dom, Not(HasSubstr(">submission time, seconds</text>")));
  EXPECT_THAT(page.dom, HasSubstr("aria-pressed=\"false\""));
  EXPECT_EQ(count(page.dom, "<circle class=\"ring\""), 8u);
  EXPECT_THAT(page.log, Not(HasSubstr("CONSOLE")));
}

TEST_F(HtmlBrowser, ReportsAnErrorOfTheScriptToThisTest) {
  EXPECT_THAT(visit("undefined_name();").log, HasSubstr("CONSOLE"));
}

}  // namespace
}  // namespace timetrial::scoring
