// axe-core with all its rules on, over a page as it stands.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe finds wrong, of any severity: one line for each element.
 * @param {import("playwright-core").Page} page
 * @return {Promise<string[]>}
 */
export async function audit(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  return page.evaluate(async () => {
    // Colours on their way from one state to another are nobody's to judge.
    for (const one of document.getAnimations())
      if (Number.isFinite(one.effect?.getComputedTiming().endTime)) one.finish();
    const rules = Object.fromEntries(window.axe.getRules().map(({ ruleId }) => [ruleId, { enabled: true }]));
    const { violations } = await window.axe.run(document, { rules, resultTypes: ["violations"] });
    return violations.flatMap(({ id, impact, help, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) =>
          `${id} (${impact}): ${help}: ${html.slice(0, 200)} ${failureSummary?.replaceAll(/\s+/g, " ").slice(0, 300)}`,
      ),
    );
  });
}
