// The HTML report in a real browser, where one is installed: headless Chromium, no network. Every
// visit costs a second or two, so one visit looks at many things.
#include "scoring/exporters.h"
#include "scoring/number_text.h"
#include "tests/support/browser.h"
#include "tests/support/example_results.h"
#include "tests/support/loopback_listener.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace timetrial::scoring {
namespace {

using nlohmann::json;
using test::Picture;
using testing::HasSubstr;
using testing::Not;

class HtmlBrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::Browser::installed()) {
      GTEST_SKIP() << "chromium is not installed (apt-get install chromium)";
    }
  }

  void show(const Results& results, Detail detail = Detail::trials) {
    const auto report = make_report(results, score(results, {.resamples = 500}), 0, detail);
    page_ = to_html(report);
    data_ = json::parse(to_json(report));
  }

  test::TemporaryFolder temporary_;
  const test::Browser browser_{temporary_.path()};
  std::string page_;
  json data_;
};

// --- how it looks
// -----------------------------------------------------------------------------------

/// Where every plot is that can be seen, and whether the page is wider than the window.
constexpr const char* kLook = R"(
  const plots = [...document.querySelectorAll('svg.plot')].filter((p) => p.getClientRects().length);
  probe({
    ready: document.documentElement.dataset.ready,
    nan: document.querySelector('main').innerHTML.includes('NaN'),
    window: innerWidth,
    width: document.documentElement.scrollWidth,
    plots: plots.map((plot) => {
      const box = plot.getBoundingClientRect();
      return {id: plot.id, kind: plot.classList[1], x: box.x, y: box.y + scrollY, w: box.width, h: box.height};
    }),
    cut: plots.flatMap((plot) => [...plot.querySelectorAll('text')].filter((text) => {
      const box = text.getBoundingClientRect(), frame = plot.getBoundingClientRect();
      return box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1);
    }).map((text) => plot.id + ': ' + text.textContent)),
    requests: performance.getEntriesByType('resource').length,
  });
)";

int difference(const Picture::Colour& a, const Picture::Colour& b) {
  int sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

struct Pixels {
  int drawn = 0;     ///< unlike the paper
  int coloured = 0;  ///< with a hue: lines, dots and cells, but not axes and text
};

Pixels pixels_in(const Picture& picture, const json& box, const Picture::Colour& paper) {
  Pixels pixels;
  const auto edge = [&](const char* from, const char* size, std::size_t limit) {
    const double end = box[from].get<double>() + (size == nullptr ? 0 : box[size].get<double>());
    return std::min(limit, static_cast<std::size_t>(std::max(0.0, end)));
  };
  for (auto y = edge("y", nullptr, picture.height); y < edge("y", "h", picture.height); ++y) {
    for (auto x = edge("x", nullptr, picture.width); x < edge("x", "w", picture.width); ++x) {
      const auto colour = picture.at(x, y);
      const auto [low, high] = std::minmax_element(colour.begin(), colour.end());
      pixels.drawn += difference(colour, paper) > 60 ? 1 : 0;
      pixels.coloured += *high - *low > 60 ? 1 : 0;
    }
  }
  return pixels;
}

TEST_F(HtmlBrowser, DrawsEveryPlotOnPhonesAndDesktopsInLightAndDark) {
  show(test::example_results({.studies = 3}));
  for (const bool dark : {false, true}) {
    for (const int width : {390, 1280}) {
      SCOPED_TRACE(testing::Message() << width << (dark ? " dark" : " light"));
      const auto visit = browser_.open(
          page_, kLook, {.width = width, .height = 9000, .dark = dark, .picture = true});
      EXPECT_EQ(visit.probe["ready"], "yes");
      EXPECT_THAT(visit.log, Not(HasSubstr("CONSOLE")));
      EXPECT_EQ(visit.probe["nan"], false);
      EXPECT_EQ(visit.probe["window"], width);
      EXPECT_EQ(visit.probe["width"], width);  // nothing sticks out
      EXPECT_THAT(visit.probe["cut"], testing::IsEmpty());
      EXPECT_EQ(visit.probe["requests"], 0);
      const auto paper = visit.picture.at(2, 2);
      EXPECT_EQ(paper[0] < 64, dark);
      EXPECT_EQ(visit.probe["plots"].size(),
                3u + 2 * 3);  // and one of both axes of each curve plot
      for (const auto& plot : visit.probe["plots"]) {
        SCOPED_TRACE(plot.dump());
        ASSERT_LE(plot["y"].get<double>() + plot["h"].get<double>(), 9000);
        const auto pixels = pixels_in(visit.picture, plot, paper);
        EXPECT_GT(pixels.drawn, 500);
        EXPECT_GT(pixels.coloured, 150);
      }
    }
  }
}

// --- what it says
// -----------------------------------------------------------------------------------

/// The tables as [text, value] of every body cell.
constexpr const char* kCells = R"(
  const cells = (id) => [...document.querySelectorAll(`#${id}-table tbody tr`)]
    .map((row) => [...row.cells].map((cell) => [cell.textContent, cell.dataset.value ?? null]));
  probe({leaderboard: cells('leaderboard'), times: cells('times'), wins: cells('wins'),
         heads: [...document.querySelectorAll('#leaderboard-table thead th')].map((head) => head.textContent)});
)";

double value_of(const json& cell) {
  const auto text = cell[1].get<std::string>();
  return text == "Infinity" ? INFINITY : std::stod(text);
}

void expect_leaderboard(const json& shown, const json& data, const json& heads) {
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::find(heads.begin(), heads.end(), name) - heads.begin());
  };
  ASSERT_EQ(shown.size(), data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto& row = data[i];
    SCOPED_TRACE(row.dump());
    const auto text = [&](const char* name) { return shown[i].at(column(name))[0]; };
    const auto value = [&](const char* name) { return value_of(shown[i].at(column(name))); };
    EXPECT_EQ(value("Rank"), row["rank"]);
    EXPECT_EQ(text("Submission"), row["submission"]);
    EXPECT_EQ(value("Score"), row["score"]);
    EXPECT_EQ(text("Score"), score_text(row["score"]));
    EXPECT_EQ(text("Interval"), score_text(row["low"]) + " to " + score_text(row["high"]));
    const int low = row["rank_low"], high = row["rank_high"];
    EXPECT_EQ(text("Ranks"),
              low == high ? std::to_string(low) : std::to_string(low) + "–" + std::to_string(high));
    EXPECT_EQ(value("First"), row["first_probability"]);
    EXPECT_EQ(text("Reached"), std::to_string(row["reached"].get<int>()) + "/" +
                                   std::to_string(row["total"].get<int>()));
    EXPECT_EQ(value("Mean ratio"), row["mean_ratio"]);
    EXPECT_EQ(value("To baseline"), row["time_to_baseline"]);
    EXPECT_EQ(value("Submission time"), row["submission_time_s"]);
    EXPECT_EQ(value("Evaluation time"), row["evaluation_time_s"]);
  }
}

void expect_times(const json& shown, const json& data, std::size_t workloads) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto& cell = shown.at(i / workloads).at(1 + i % workloads);
    const auto& time = data[i];
    SCOPED_TRACE(time["submission"].dump() + " " + time["workload"].dump());
    EXPECT_EQ(shown[i / workloads][0][0], time["submission"]);
    if (time["time_s"].is_null()) {
      EXPECT_EQ(value_of(cell), INFINITY);
      continue;
    }
    EXPECT_EQ(value_of(cell), time["time_s"].get<double>());
    std::string text = seconds_text(time["time_s"]);
    if (!time["excluded_by"].is_null()) {
      text += ", " + time["excluded_by"].get<std::string>();
    } else if (!time["ratio"].is_null()) {
      text += " (" + ratio_text(time["ratio"]) + ")";
    }
    EXPECT_EQ(cell[0], text);
  }
}

TEST_F(HtmlBrowser, ShowsTheNumbersOfTheJsonAndStaysSmall) {
  show(test::example_results(test::kLargeExample), Detail::leaderboard);
  EXPECT_LT(page_.size(), 3'000'000u);
  const auto visit = browser_.open(page_, kCells);
  EXPECT_THAT(visit.log, Not(HasSubstr("CONSOLE")));
  expect_leaderboard(visit.probe["leaderboard"], data_["leaderboard"], visit.probe["heads"]);
  expect_times(visit.probe["times"], data_["times_to_target"], data_["workloads"].size());
  const auto& first = data_["wins"][0];
  const auto& second = data_["wins"][1]["submission"];
  EXPECT_EQ(value_of(visit.probe["wins"][0][2]), first["faster_than"][second.get<std::string>()]);
}

// --- what it does
// -----------------------------------------------------------------------------------

/// Goes through the controls, and notes after each what can be seen.
constexpr const char* kUse = R"(
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.getClientRects().length);
  const names = (table) => seen(`#${table}-table tbody tr`).map((row) => row.querySelector('th:last-of-type').textContent);
  const state = () => ({
    order: names('leaderboard'), times: names('times'),
    lines: seen('#profiles .series').length, rows: seen('#heat .row').length,
    height: document.getElementById('heat').getBoundingClientRect().height,
    figures: seen('#times figure h3').map((head) => head.textContent),
    columns: seen('#times-table thead th').map((head) => head.textContent),
    steps: seen('.by-step svg').length, over: seen('.by-time svg').length,
    pressed: document.querySelector('[data-chip="0"]').getAttribute('aria-pressed'),
    says: document.getElementById('shown').textContent,
    sorted: document.querySelectorAll('#leaderboard-table th')[2].getAttribute('aria-sort'),
    hash: location.hash,
  });
  const type = (id, text) => { const box = document.getElementById(id); box.value = text; box.dispatchEvent(new Event('input')); };
  const states = {start: state()};
  const heads = document.querySelectorAll('#leaderboard-table th button');
  heads[2].click(); states.up = state();
  heads[2].click(); heads[2].click(); heads[2].click(); states.down = state();
  document.querySelector('[data-chip="0"]').click(); states.hidden = state();
  type('filter-submission', 'ADAMW'); states.filtered = state();
  type('filter-workload', 'lm'); states.workload = state();
  document.querySelector('input[value=step]').click(); states.step = state();
  document.getElementById('show-all').click(); states.all = state();
  type('filter-submission', 'no such name'); states.none = state();
  type('filter-submission', '');
  const plot = document.querySelector('#times-0');
  plot.focus();
  const press = (key) => plot.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  const tip = document.getElementById('tip');
  press('ArrowRight'); states.firstTip = tip.textContent;
  press('ArrowRight'); states.secondTip = tip.textContent;
  press('Escape'); states.tipHidden = tip.hidden;
  document.querySelector('input[value=time_s]').click();
  const curves = document.querySelector('#curves-time-1'), ring = curves.querySelector('.line').getPointAtLength(0);
  const box = curves.getBoundingClientRect(), scale = box.width / curves.viewBox.baseVal.width;
  curves.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + ring.x * scale, clientY: box.top + ring.y * scale}));
  states.hover = tip.textContent;
  states.focusable = [...document.querySelectorAll('svg.plot')].every((p) => p.tabIndex === 0 && p.getAttribute('aria-label'));
  states.named = [...document.querySelectorAll('table')].every((t) => t.caption && [...t.tHead.rows[0].cells].every((c) => c.scope === 'col'));
  probe(states);
)";

TEST_F(HtmlBrowser, SortsFiltersHidesAndShowsValues) {
  show(test::example_results());
  const auto visit = browser_.open(page_, kUse);
  EXPECT_THAT(visit.log, Not(HasSubstr("CONSOLE")));
  const auto& at = visit.probe;
  std::vector<std::string> order;
  for (const auto& row : data_["leaderboard"]) order.push_back(row["submission"]);
  const std::vector<std::string> reversed(order.rbegin(), order.rend());
  EXPECT_EQ(at["start"]["order"], order);
  EXPECT_TRUE(at["start"]["sorted"].is_null());
  EXPECT_EQ(at["start"]["says"], "4 of 4 submissions, 3 of 3 workloads shown");
  EXPECT_EQ(at["up"]["order"], reversed);
  EXPECT_EQ(at["up"]["sorted"], "ascending");
  EXPECT_EQ(at["down"]["order"], order);
  EXPECT_EQ(at["down"]["sorted"], "descending");
  EXPECT_EQ(at["hidden"]["order"], std::vector<std::string>(order.begin() + 1, order.end()));
  EXPECT_EQ(at["hidden"]["times"], at["hidden"]["order"]);
  EXPECT_EQ(at["hidden"]["pressed"], "false");
  EXPECT_EQ(at["hidden"]["lines"], 3);
  EXPECT_EQ(at["hidden"]["rows"], 3);
  EXPECT_NEAR(at["start"]["height"].get<double>() - at["hidden"]["height"].get<double>(), 26, 0.5);
  for (const auto& name : at["filtered"]["order"]) {
    EXPECT_THAT(name.get<std::string>(), HasSubstr("adamw"));
  }
  EXPECT_EQ(at["workload"]["figures"], json::parse(R"(["gcide_lm"])"));
  EXPECT_EQ(at["workload"]["columns"], json::parse(R"(["Submission", "gcide_lm"])"));
  EXPECT_EQ(at["workload"]["over"], 1);
  EXPECT_EQ(at["step"]["over"], 0);
  EXPECT_EQ(at["step"]["steps"], 1);
  EXPECT_THAT(at["step"]["hash"].get<std::string>(), HasSubstr("axis=step"));
  EXPECT_EQ(at["all"]["order"], order);
  EXPECT_EQ(at["none"]["says"], "0 of 4 submissions, 3 of 3 workloads shown");
  EXPECT_EQ(at["none"]["lines"], 0);
  EXPECT_THAT(at["firstTip"].get<std::string>(), HasSubstr(order[0] + ", study 0: "));
  EXPECT_THAT(at["secondTip"].get<std::string>(), HasSubstr(order[0] + ": median "));
  EXPECT_EQ(at["tipHidden"], true);
  EXPECT_THAT(at["hover"].get<std::string>(),
              testing::ContainsRegex("study 0: loss [0-9.]+ after"));
  EXPECT_EQ(at["focusable"], true);
  EXPECT_EQ(at["named"], true);
}

TEST_F(HtmlBrowser, RestoresTheViewOfItsAddress) {
  show(test::example_results());
  const auto visit = browser_.open(
      page_,
      R"(const seen = (selector) => [...document.querySelectorAll(selector)].filter((n) => n.getClientRects().length);
         const first = {rows: seen('#leaderboard-table tbody tr').map((row) => row.cells[0].textContent),
                        steps: seen('.by-step svg').length, figures: seen('#times figure').length,
                        top: document.getElementById('curves').getBoundingClientRect().top, hash: location.hash};
         location.hash = '#times';
         addEventListener('hashchange', () => probe({first, after: location.hash}));)",
      {.address = "curves?workload=vit&hide=lion&hide=%3Cb%3E&axis=step&sort="
                  "leaderboard-table:0:descending&sort=nothing:9:up"});
  EXPECT_THAT(visit.log, Not(HasSubstr("CONSOLE")));
  const auto& first = visit.probe["first"];
  std::vector<std::string> ranks;
  for (const auto& row : data_["leaderboard"]) {
    if (row["submission"] != "lion")
      ranks.insert(ranks.begin(), std::to_string(row["rank"].get<int>()));
  }
  EXPECT_EQ(first["rows"], ranks);
  EXPECT_EQ(first["steps"], 1);
  EXPECT_EQ(first["figures"], 1);
  EXPECT_LT(std::abs(first["top"].get<double>()), 1200);  // scrolled to
  const auto after = visit.probe["after"].get<std::string>();
  EXPECT_THAT(after,
              HasSubstr("#times?workload=vit&hide=lion&axis=step"));  // a link keeps the view
}

/// Asks for an image, a style, a script and data, and notes what the page's policy refused.
constexpr const char* kCallOut = R"(
  const refused = [];
  document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
  const ask = (tag, name, value, more = {}) => {
    const node = Object.assign(document.createElement(tag), more);
    node[name] = value;
    document.body.append(node);
  };
  ask('img', 'src', url + '/i.png');
  ask('script', 'src', url + '/s.js');
  ask('link', 'href', url + '/s.css', {rel: 'stylesheet'});
  fetch(url + '/f').catch(() => {});
  setTimeout(() => probe(refused), 500);
)";

TEST_F(HtmlBrowser, LetsNoRequestLeaveEvenIfThePageTries) {
  show(test::example_results());
  test::LoopbackListener listener;
  const std::string url = listener.url();
  const auto visit = browser_.open(page_, "const url = '" + url + "';" + kCallOut);
  for (const char* directive : {"connect-src", "img-src", "script-src-elem", "style-src-elem"}) {
    EXPECT_NE(std::find(visit.probe.begin(), visit.probe.end(), directive), visit.probe.end())
        << directive << " of " << visit.probe;
  }
  EXPECT_THAT(visit.log, HasSubstr("CONSOLE"));  // so an error of the page's own would be seen
  EXPECT_FALSE(listener.was_called());
}

}  // namespace
}  // namespace timetrial::scoring
