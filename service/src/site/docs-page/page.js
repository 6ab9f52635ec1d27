/** Starts Swagger UI on the description that the same service serves. */

/* global SwaggerUIBundle */
SwaggerUIBundle({
  dom_id: '#api',
  url: new URL('openapi.json', document.baseURI).href,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // No service elsewhere is asked whether the description is valid.
  validatorUrl: null,
  queryConfigEnabled: false,
});
