#include "ui/dialogs/job_preview_dialog.h"

#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

namespace attune::ui {

namespace {

const QStringList kNames = {QStringLiteral("command"), QStringLiteral("run.sh"), QStringLiteral("job.env"), QStringLiteral("run.json")};

} // namespace

JobPreviewDialog::JobPreviewDialog(const api::JobPreview &preview, const QString &cluster, QWidget *parent)
    : TextFilesDialog(parent), m_texts{QString::fromStdString(preview.command), QString::fromStdString(preview.script),
                                       QString::fromStdString(preview.values), QString::fromStdString(preview.config)} {
  onLanguage(this, [this, cluster] {
    setWindowTitle(tr("What goes to %1", "a cluster").arg(onOneLine(cluster)));
    offer(kNames, {tr("Command"), tr("Script"), tr("Values"), tr("Run config")});
  });
}

void JobPreviewDialog::onChosen(const QString &name) {
  const qsizetype at = kNames.indexOf(name);
  const QString about[] = {tr("What is called there. TOKEN stands for the name that the job gets."),
                           tr("The job's script. It is the same for every run; what differs it reads from job.env."),
                           tr("What the script reads: nothing in it is run as a command of the shell."),
                           tr("The run's settings, with the paths there.")};
  display(about[at], linesOf(m_texts[at]));
}

} // namespace attune::ui
