#include "tests/support/browser.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace timetrial::test {
namespace {

/// A page in a frame tells its frame; the outermost page writes it down.
constexpr const char* kProbe = R"(<script>
function probe(value) {
  if (parent !== window) {
    parent.postMessage(value, '*');
    return;
  }
  document.getElementById('probe')?.remove();
  const node = document.createElement('script');
  node.type = 'application/json';
  node.id = 'probe';
  node.textContent = JSON.stringify(value).replaceAll('<', '\\u003c');
  document.body.append(node);
}
)";

/// The browser makes no window as narrow as a phone's, but frames of any width.
std::string framed(const View& view, const std::string& address) {
  return "<body style=\"margin: 0\"><iframe style=\"border: 0; width: " +
         std::to_string(view.width) + "px; height: " + std::to_string(view.height) + "px\" src=\"" +
         address + "\"></iframe>" + kProbe +
         "onmessage = (event) => probe(event.data);</script></body>";
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

nlohmann::json probe_in(const std::string& dom) {
  const std::string tag = "id=\"probe\">";
  const std::size_t at = dom.rfind(tag);
  if (at == std::string::npos) return nullptr;
  const std::size_t from = at + tag.size();
  return nlohmann::json::parse(dom.substr(from, dom.find("</script>", from) - from));
}

}  // namespace

bool Browser::installed() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

Visit Browser::open(const std::string& page, const std::string& script, const View& view) const {
  constexpr int kNarrowest = 500;
  std::string text = page;
  text.insert(text.rfind("</body>"), kProbe + script + "</script>");
  const auto dom = folder_ / "dom", log = folder_ / "log", picture = folder_ / "picture.png";
  std::ofstream(folder_ / "page.html") << text;
  std::string address = "page.html" + (view.address.empty() ? "" : "#" + view.address);
  if (view.width < kNarrowest) {
    std::ofstream(folder_ / "frame.html") << framed(view, address);
    address = "frame.html";
  }
  std::stringstream command;
  command << "timeout 90 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
             "--hide-scrollbars --enable-logging=stderr --virtual-time-budget=3000 "
             "--blink-settings=preferredColorScheme="
          << (view.dark ? 0 : 1) << " --window-size=" << view.width << ',' << view.height
          << " --user-data-dir='" << (folder_ / "profile").string() << "' --dump-dom";
  if (view.picture) command << " --screenshot='" << picture.string() << '\'';
  command << " 'file://" << (folder_ / address).string() << "' >'" << dom.string() << "' 2>'"
          << log.string() << '\'';
  // Chromium hangs now and then while it starts on a busy machine: a second try tells.
  if (std::system(command.str().c_str()) != 0 && std::system(command.str().c_str()) != 0) {
    throw std::runtime_error("chromium failed: " + read(log));
  }
  Visit visit{read(dom), read(log), {}, {}};
  visit.probe = probe_in(visit.dom);
  if (view.picture) visit.picture = read_png(read(picture));
  return visit;
}

}  // namespace timetrial::test
