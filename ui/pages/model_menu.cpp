#include "ui/pages/model_menu.h"

#include "ui/models/run_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QMenu>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(ModelMenu)
};

} // namespace

void fillModelMenu(QMenu &menu, const Services &services, const RunCenter &runs, std::function<void(const QString &path)> choose) {
  QStringList paths = {QString::fromStdString(services.starterModel)};
  for (const api::RunSummary &run : runs.runs()) paths.append(QString::fromStdString(run.model));
  const QDir folder(QString::fromStdString(services.workspace) + QStringLiteral("/models"));
  for (const QFileInfo &entry : folder.entryInfoList(QDir::AllEntries | QDir::NoDotAndDotDot))
    if (entry.isDir() || entry.suffix() == QLatin1String("gguf")) paths.append(entry.absoluteFilePath());
  paths.removeDuplicates();
  paths.removeAll(QString());
  const auto offer = [&menu, choose](const QString &text, auto path) {
    return menu.addAction(text, &menu, [choose, path] {
      const QString chosen = path();
      if (!chosen.isEmpty()) choose(chosen);
    });
  };
  for (const QString &path : paths.mid(0, 20)) offer(shortName(path.toStdString()), [path] { return path; })->setToolTip(path);
  menu.addSeparator();
  QWidget *over = menu.parentWidget();
  offer(Words::tr("Choose a model folder…"),
        [over] { return QFileDialog::getExistingDirectory(over, Words::tr("A Hugging Face model folder")); });
  offer(Words::tr("Choose a GGUF file…"),
        [over] { return QFileDialog::getOpenFileName(over, Words::tr("A GGUF file"), {}, Words::tr("GGUF models (*.gguf)")); });
}

} // namespace attune::ui
