// What merge and export share: the options of a folder to write, and how its making is shown. Main thread only.
#pragma once

#include "app/cli/command/command.h"
#include "core/export/merge_export.h"

#include <CLI/CLI.hpp>

#include <string>

namespace attune::app {

class ExportOptions {
public:
  void add(CLI::App &options, bool adapterRequired);
  Result<int> run(CommandContext &context, core::ExportLayout layout) const;

private:
  std::string m_model, m_adapter, m_out, m_type = "same", m_shard = "5GB";
};

} // namespace attune::app
