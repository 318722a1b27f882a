// What a run would send to its cluster and call there, before it is started. GUI thread.
#pragma once

#include "core/api/cluster_run.h"
#include "ui/dialogs/text_files_dialog.h"

namespace attune::ui {

/// Its texts are "command", "run.sh", "job.env" and "run.json".
class JobPreviewDialog : public TextFilesDialog {
  Q_OBJECT

public:
  JobPreviewDialog(const api::JobPreview &preview, const QString &cluster, QWidget *parent = nullptr);

private:
  void onChosen(const QString &name) override;
  const QStringList m_texts; // in the order of the names
};

} // namespace attune::ui
