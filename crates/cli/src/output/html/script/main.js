// Starts what the page has parts for; everything before this only declares.

startTheme();
startKeys();
startPrint();
startFindings();
const known = read();
startPlan(known.review.optimize);
if (known.metrics.length > 0) startMetrics(known, startMap(known));
