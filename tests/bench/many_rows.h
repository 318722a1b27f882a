// A dataset of any number of short conversations, for the benchmarks.
#pragma once

#include <fstream>
#include <string>

namespace attune::bench {

inline void writeManyRows(const std::string &path, int64_t rows) {
  std::ofstream file(path, std::ios::binary);
  for (int64_t i = 0; i < rows; ++i) {
    const std::string number = std::to_string(i);
    file << R"({"messages":[{"role":"user","content":"Question )" << number
         << R"(: what is the weather like on the coast, and should I take a coat?"},{"role":"assistant","content":"Answer )" << number
         << R"(: it is mild and windy; a light coat will do, but take an umbrella for the afternoon."}]})"
         << "\n";
  }
}

} // namespace attune::bench
