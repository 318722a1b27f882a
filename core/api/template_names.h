// What chat templates are called, on the command line, in run.json and in the window. Immutable; any thread.
#pragma once

#include <string>
#include <vector>

namespace attune::api {

constexpr const char kAutoTemplate[] = "auto"; // the model's own, else alpaca for alpaca rows, else plain
constexpr const char kOwnTemplate[] = "model"; // the model's own

/// Those that ship with Attune: baichuan2, chatml, alpaca, plain, llama2.
const std::vector<std::string> &builtInTemplateNames();

/// Whether this names a Jinja file: it ends in .jinja, or holds a slash.
bool isTemplateFile(const std::string &name);

} // namespace attune::api
